import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadStack } from "../src/load.ts";
import { type Problem, renderProblem } from "../src/manifest/problem.ts";
import { mistake } from "./mistake.ts";
import { organizationInStack } from "./names.ts";
import { Organization } from "./organization.ts";
import { Platform } from "./platform.ts";

/** The program: what it returns are the stack's outputs. */
export default function program(): Record<string, unknown> {
  const today = process.env.TENANTRY_TODAY ?? new Date().toISOString().slice(0, 10);
  const { platform, organization } = stackModel(pulumi.getStack(), today);
  if (organization === undefined) {
    const { url, webhookSecret } = new Platform(platform.name, platform);
    return { controlPlaneUrl: url, ...(webhookSecret === null ? {} : { webhookSecret }) };
  }

  const args = { platform, organization, today };
  const declared = new Organization(organizationInStack(organization), args);
  const { plan, planChangesOn, paymentUrl, billingUrl, workspaces, apiKeys, claimTokens } = declared;
  return { plan, planChangesOn, paymentUrl, billingUrl, workspaces, apiKeys, claimTokens };
}

/** What the manifests say of this stack, or an end of the run with every problem that they have. */
function stackModel(stack: string, today: string) {
  const stacks = process.env.TENANTRY_STACKS ?? join(pulumi.getRootDirectory(), "stacks");
  const { model, problems } = loadStack(stacks, stack, today);
  for (const problem of problems) if (problem.severity === "warning") pulumi.log.warn(renderProblem(problem));
  if (model === undefined) throw mistake(errorsOf(problems));
  return model;
}

function errorsOf(problems: readonly Problem[]): string {
  return problems
    .filter((problem) => problem.severity === "error")
    .map(renderProblem)
    .join("\n\n");
}
