import type { PlatformManifest } from "../manifest/platform.ts";
import type { AllowedRanges, SecurityModel } from "./model.ts";

type Ranges = NonNullable<NonNullable<PlatformManifest["security"]>["network"]>["allow"];

/** Resolves `security`. Everything is closed unless the manifest declares an exception. */
export function securityModel({ security = {} }: PlatformManifest): SecurityModel {
  const { network, tls, realtime, signIn } = security;
  return {
    network: { controlPlane: rangesOf(network?.allow), workspaces: rangesOf(network?.workspaces) },
    tlsEnforced: tls === undefined,
    publicChannels: realtime !== undefined,
    signIn: [...new Set(signIn?.methods ?? [])].sort(),
  };
}

function rangesOf(ranges: Ranges = []): AllowedRanges {
  if (ranges === "anywhere") return { v4: ["0.0.0.0/0"], v6: ["::/0"] };
  return { v4: ranges.filter(isV4), v6: ranges.filter((each) => !isV4(each)) };
}

export function isV4(cidr: string): boolean {
  return !cidr.includes(":");
}
