import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { loadStack, Workspace, workspaceLogicalName } from "tenantry";
import { declareStack } from "./declare-stack.js";

const TODAY = "2026-11-22";

/** The inputs of each declared resource, by its type and name. */
const declared = new Map<string, Record<string, unknown>>();

before(() =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        declared.set(`${type} ${name}`, inputs);
        const outputs = type === "tenantry:supabase:Ready" ? { apiUrl: `https://${name}.example` } : {};
        return { id: `${name}-id`, state: { ...inputs, ...outputs } };
      },
      call: ({ inputs }) => inputs,
    },
    "shop-tenants",
    "shop.acme",
  ),
);

function loadAcme() {
  const { model } = loadStack("stacks", "shop.acme", TODAY);
  assert(model?.organization !== undefined);
  return { platform: model.platform, organization: model.organization };
}

function settled<T>(output: pulumi.Output<T> | undefined): Promise<T> {
  assert(output !== undefined);
  return new Promise((resolve) => output.apply(resolve));
}

test("each workspace gets a project in its region, and a health check", async () => {
  const { healthChecks } = declareStack(loadAcme(), TODAY);
  assert.deepEqual(await settled(healthChecks), [
    { workspace: "production", url: "https://production-ready.example/rest/v1/" },
    { workspace: "staging", url: "https://staging-ready.example/rest/v1/" },
  ]);
  assert.equal(declared.get("tenantry:supabase:Project production-project")?.region, "eu-central-1");
  assert.equal(declared.get("tenantry:supabase:Project staging-project")?.region, "us-east-1");
});

test("a program can declare a workspace on its own", async () => {
  const { platform, organization } = loadAcme();
  const workspace = organization.workspaces.production;
  assert(workspace !== undefined);
  const { url } = new Workspace(workspaceLogicalName(organization, workspace), {
    organization,
    workspace,
    controlPlane: platform.project,
    security: platform.security,
    issuer: "https://control-plane.example/auth/v1",
    after: new pulumi.ComponentResource("shop:index:Onboarding", "onboarding"),
  });
  assert.equal(await settled(url), "https://production-ready.example");
});
