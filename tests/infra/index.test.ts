import * as pulumi from "@pulumi/pulumi";
import { expect, test, vi } from "vitest";
import program from "../../infra/index.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";

/** Runs the program like Pulumi, without tenantry's own checks of the manifests. */
async function run(stack: string, files: Readonly<Record<string, string>>): Promise<unknown> {
  const declared: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => {
        declared.push(name);
        return { id: name, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "tenantry",
    stack,
  );
  vi.stubEnv("TENANTRY_STACKS", folderOf(files));
  vi.stubEnv("TENANTRY_TODAY", "2026-11-22");
  try {
    await program();
    return "ran";
  } catch (error) {
    if (!(error instanceof pulumi.RunError)) throw error;
    return { message: error.message, declared };
  } finally {
    vi.unstubAllEnvs();
  }
}

const FOREIGN = ["root", "root-previous", "beta-models", "acme", "models"];

test.each(FOREIGN)(
  "plain pulumi refuses an organization the secret %s before it declares anything",
  async (secret) => {
    const refused = await run("shop.acme", {
      "shop/platform.yaml": PLATFORM,
      "shop/orgs/acme.yaml": `${HEAD}llmProvider: { kind: openai, apiKey: { secret: ${secret} } }\n`,
      "shop/orgs/beta.yaml": `${HEAD.replace("acme", "beta")}llmProvider: { kind: openai, apiKey: { secret: beta-models } }\n`,
    });
    expect(refused).toEqual({
      message: expect.stringMatching(/^error\[secret-of-one-organization\][\s\S]*shop\/orgs\/acme\.yaml:5:/),
      declared: [],
    });
  },
);
