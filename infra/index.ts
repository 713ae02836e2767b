import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Diagnostic, isError, renderDiagnostic } from "../src/manifest/diagnostic.ts";
import { modelDigest } from "../src/model/digest.ts";
import type { PlatformModel } from "../src/model/model.ts";
import { loadStack, type StackModel } from "../src/repository/load.ts";
import { refuseFormerName } from "../src/shared/root-secret.ts";
import { todayOf } from "../src/shared/today.ts";
import { domainRecords } from "./domains.ts";
import { organizationLogicalName } from "./logical-names.ts";
import type { OrganizationArgs } from "./organization.ts";
import { userError, withUserErrors } from "./user-error.ts";

/** The Pulumi program. Returns the stack's outputs. */
export default async function program(): Promise<Record<string, unknown>> {
  withUserErrors(() => refuseFormerName(process.env));
  const today = withUserErrors(() => todayOf(process.env));
  // The state of a renamed organization has its previous name until an `up` renames the stack.
  return declareStack(stackModel(process.env.TENANTRY_STACK ?? pulumi.getStack(), today), today);
}

/**
 * Declares the resources of one stack. Returns the stack's outputs.
 *
 * @param today the day of the model, such as `2026-11-22`
 */
export function declareStack(
  { platform, organization }: StackModel,
  today: string,
): Promise<Record<string, unknown>> {
  return organization === undefined
    ? platformStack(platform)
    : organizationStack({ platform, organization, today });
}

/** Imports the component on demand, so that organizations' stacks don't load `@pulumi/postgresql`. */
async function platformStack(platform: PlatformModel): Promise<Record<string, unknown>> {
  const { Platform } = await import("./platform.ts");
  const { url, webhookSecret } = new Platform(platform.name, { platform });
  return { controlPlaneUrl: url, ...(webhookSecret === null ? {} : { webhookSecret }) };
}

async function organizationStack(args: OrganizationArgs): Promise<Record<string, unknown>> {
  const { Organization } = await import("./organization.ts");
  const { plan, planChangesOn, paymentUrl, billingUrl, workspaces, apiKeys, claimTokens } = new Organization(
    organizationLogicalName(args.organization),
    args,
  );
  const domains = domainRecords(args.organization);
  return {
    ...{ plan, planChangesOn, paymentUrl, billingUrl, workspaces },
    ...(apiKeys === undefined ? {} : { apiKeys }),
    ...(claimTokens === undefined ? {} : { claimTokens }),
    ...(domains === undefined ? {} : { domains }),
  };
}

/** Loads the stack's model from the manifests. Fails the run with every problem that they have. */
function stackModel(stack: string, today: string) {
  const stacks = process.env.TENANTRY_STACKS ?? join(pulumi.getRootDirectory(), "stacks");
  const { model, diagnostics } = loadStack(stacks, stack, today, { checked: process.env.TENANTRY_CHECKED });
  for (const diagnostic of diagnostics)
    if (!isError(diagnostic)) pulumi.log.warn(renderDiagnostic(diagnostic));
  if (model === undefined) throw userError(errorsOf(diagnostics));
  expectReviewed(model);
  return model;
}

/** `tenantry` passes the digest of the model that it loaded, previewed and asked about. Plain `pulumi` passes none. */
function expectReviewed({ platform, organization }: StackModel): void {
  const expected = process.env.TENANTRY_MODEL;
  if (expected === undefined || expected === modelDigest(platform, organization ?? null)) return;
  throw userError(
    "The manifests changed after this run had read them, so nothing was changed\n  Run the command again, to review the manifests as they are now.",
  );
}

function errorsOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.filter(isError).map(renderDiagnostic).join("\n\n");
}
