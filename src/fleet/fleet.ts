import type { StackSpec } from "../engine/engine.ts";
import type { OrganizationModel } from "../model/model.ts";

/** One stack of a fleet, with what a run of it needs. */
export interface FleetStack {
  readonly spec: StackSpec;
  readonly platform: string;
  /** The organization's name; null for the platform's own stack. */
  readonly organization: string | null;
  /** What the organization is to be; null for a platform's own stack, and for one that the YAML doesn't name any more. */
  readonly model: OrganizationModel | null;
  /** Of what its program would see; undefined where nothing is to be run. */
  readonly digest: string | undefined;
}

/** The stacks of one platform: its own comes first, organizations run side by side. */
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
