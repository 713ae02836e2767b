import { expect, test } from "vitest";
import { parseManifest } from "../../src/manifest/parse.ts";
import { modelDigest } from "../../src/model/digest.ts";
import { platformModel } from "../../src/model/platform.ts";

const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: shop
currency: usd
supabase: { organization: demo, region: us-east-1 }
plans:
  build: { price: { monthly: 0 }, entitlements: { workspaces: 3 } }
defaultPlan: build
security: { network: { allow: [198.51.100.0/24] } }
`;

function digestOf(more: string): string {
  const { manifest } = parseManifest("Platform", `${PLATFORM}${more}`, "platform.yaml");
  if (manifest === undefined) throw new Error(`not valid: ${more}`);
  return modelDigest(platformModel(manifest), null);
}

test.each([
  "guards: { perRun: { members: { floor: 99 } } }\n",
  "cost: { perRun: { revenue: { decrease: 90% } } }\n",
  "consents: [{ weaken: [workspace/public.chats], reason: r, approvedBy: a@b.example, expires: 2999-12-31 }]\n",
  "maintainers: [{ email: lin@shop.example, github: lin }]\n",
])("what only decides about runs doesn't change what stacks declare: %s", (more) => {
  expect(digestOf(more)).toBe(digestOf(""));
});

test("a resource's input changes what stacks declare", () => {
  expect(digestOf("displayName: Another\n")).not.toBe(digestOf(""));
});
