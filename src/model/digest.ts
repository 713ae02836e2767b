import { createHash } from "node:crypto";
import type { OrganizationModel, PlatformModel } from "./model.ts";

/** Cached, because every organization's digest includes its platform. */
const platforms = new WeakMap<PlatformModel, string>();

/**
 * A digest of the model of one stack. Two runs with the same digest declare the same resources.
 *
 * @param organization null for the platform's own stack
 */
export function modelDigest(platform: PlatformModel, organization: OrganizationModel | null): string {
  const above = platforms.get(platform) ?? sha256(JSON.stringify(declaredBy(platform)));
  platforms.set(platform, above);
  return sha256(JSON.stringify([above, organization && withoutEnd(organization)]));
}

/** Guards, limits of costs and consents decide whether a run is allowed. No resource depends on them. */
function declaredBy({
  guards: _guards,
  cost: _cost,
  consents: _consents,
  ...declared
}: PlatformModel): unknown {
  return declared;
}

/** No resource depends on how a file ends, or on whether a state is written or the default. */
function withoutEnd({
  openEnd: _openEnd,
  defaultStates: _defaultStates,
  ...declared
}: OrganizationModel): unknown {
  return declared;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
