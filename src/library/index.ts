/**
 * tenantry as a library: the components for your own Pulumi program, the model of your manifests, and previews.
 *
 * @see docs/library.md
 */

export type { Currency } from "@tenantry/core/currencies";
export { UserError, VendorError } from "@tenantry/core/errors";
export { organizationLogicalName, workspaceLogicalName } from "../../infra/logical-names.ts";
export { Organization, type OrganizationArgs } from "../../infra/organization.ts";
export { Platform, type PlatformArgs } from "../../infra/platform.ts";
export { Workspace, type WorkspaceArgs } from "../../infra/workspace.ts";
export type { Outcome } from "../changes/outcome.ts";
export type { PropertyChange } from "../changes/property-change.ts";
export type { Removal } from "../changes/removals.ts";
export {
  changingSteps,
  hasChanges,
  isAllowed,
  type StackChanges,
  type Step,
  type Summary,
} from "../changes/stack.ts";
export type { FleetReport } from "../fleet/report.ts";
export type { StackResult } from "../fleet/run.ts";
export { type Diagnostic, renderDiagnostic } from "../manifest/diagnostic.ts";
export type { BillingModel } from "../model/billing.ts";
export type * from "../model/model.ts";
export type {
  ChangePlan,
  Counts,
  Danger,
  EventAction,
  EventItem,
  Guard,
  GuardConsent,
  GuardItem,
  GuardKind,
  GuardRemedy,
  Happening,
  Monthly,
  OrganizationPlan,
  OtherChange,
  PlanEvent,
  PlatformPlan,
  StackPlan,
  Subject,
  Verdict,
  WorkspacePlan,
} from "../plan/plan.ts";
export { type Loaded, loadPlatform, loadStack, type StackModel } from "../repository/load.ts";
export type { DomainRecord } from "../shared/domain-record.ts";
export type { Entitlements, Limit } from "../shared/entitlements.ts";
export type { LifecycleState } from "../shared/lifecycle.ts";
export type { ComputeSize, Region } from "../shared/supabase-catalogue.ts";
export { todayOf } from "../shared/today.ts";
export { preview } from "./preview.ts";
export type { PreviewOptions } from "./preview-targets.ts";
