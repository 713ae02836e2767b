import type { StackSpec } from "@tenantry/embedded-engine/interface";
import type { Removal } from "../changes/removals.ts";
import type { GuardPolicy } from "../guards/policy.ts";
import type { OrganizationModel, PlanModel } from "../model/model.ts";
import type { ComputeSize } from "../shared/supabase-catalogue.ts";
import type { RecordedName } from "./recorded-name.ts";

/** One stack of a fleet, with everything that a run needs. */
export interface FleetStack {
  readonly spec: StackSpec;
  readonly platform: string;
  /** The organization's name; null for the platform's own stack. */
  readonly organization: string | null;
  /** The organization's model; null for a platform's own stack and for an organization that was removed from the YAML. */
  readonly model: OrganizationModel | null;
  /** The platform's plans by name; empty when its manifest wasn't read. */
  readonly plans: Readonly<Record<string, PlanModel>>;
  /** For a platform's own stack, the compute size of the control plane. */
  readonly controlPlane?: ComputeSize | undefined;
  /** The thresholds and consents of the platform. */
  readonly guards: GuardPolicy;
  /** For a platform's own stack, all of its organizations; undefined if their manifests weren't read. */
  readonly organizations?: readonly OrganizationModel[];
  /** The digest of its program's input; undefined when nothing runs. */
  readonly digest: string | undefined;
  /** For a renamed organization whose stack isn't renamed yet, and for a new one that gets the name of such a stack. */
  readonly recordedAs?: RecordedName;
  /** Why nothing of it may run: it looks like a rename without `previously`. */
  readonly refused?: Removal;
}

/** The stacks of one platform: its own stack runs first, then the organizations in parallel. */
export interface PlatformStacks {
  readonly platform: string;
  readonly own: FleetStack | undefined;
  readonly organizations: readonly FleetStack[];
}

export function byPlatform(fleet: readonly FleetStack[]): PlatformStacks[] {
  const platforms = [...new Set(fleet.map((stack) => stack.platform))];
  return platforms.map((platform) => {
    const stacks = fleet.filter((stack) => stack.platform === platform);
    return {
      platform,
      own: stacks.find((stack) => stack.organization === null),
      organizations: stacks.filter((stack) => stack.organization !== null),
    };
  });
}
