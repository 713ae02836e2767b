import { isIP } from "node:net";
import type { PlatformManifest } from "../../manifest/platform.ts";
import { isV4 } from "../security.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { PlatformRule } from "./subject.ts";

type Network = NonNullable<NonNullable<PlatformManifest["security"]>["network"]>;

/** The widest ranges that a single network can have. For more, declare `anywhere`. */
const WIDEST = { v4: 8, v6: 16 } as const;

/** Supabase allows connections from anywhere by default, and tenantry can't know from where `up` runs. */
const networkDeclared: PlatformRule = {
  name: "network-declared",
  check: ({ security }) => {
    if (security?.network !== undefined) return [];
    return [
      {
        path: security === undefined ? ["supabase"] : ["security"],
        part: "key",
        message: "the network ranges that reach the control plane's database aren't declared",
        expected: "`security.network.allow`: the ranges of CI and of the product's servers, or `anywhere`",
        found: "no `security.network`",
        remedy:
          'add `security: { network: { allow: [203.0.113.0/24] } }` with your own ranges; or `{ allow: anywhere, reason: "…" }` where the addresses of CI change',
      },
    ];
  },
};

/** tenantry reaches the control plane through Supabase's session pooler, which has only IPv4 addresses. */
const controlPlaneReachable: PlatformRule = {
  name: "control-plane-reachable",
  check: ({ security }) => {
    const allow = security?.network?.allow;
    if (allow === undefined || allow === "anywhere" || allow.some(isV4)) return [];
    return [
      {
        path: ["security", "network", "allow"],
        message: "no network range reaches the control plane, so tenantry can't either",
        expected: "at least one IPv4 range: Supabase's pooler is reached over IPv4",
        found: allow.length === 0 ? "an empty list" : "IPv6 ranges only",
        remedy: "add the address range of the machine that runs `up`",
      },
    ];
  },
};

/** The schema's pattern can't check IPv6 addresses completely. */
const knownAddresses: PlatformRule = {
  name: "range-is-an-address",
  check: ({ security }) =>
    rangesOf(security?.network).flatMap(({ key, ranges }) =>
      ranges.flatMap((range, index): RuleDiagnostic[] => {
        if (isIP(range.split("/")[0] ?? "") !== 0) return [];
        return [
          {
            path: ["security", "network", key, index],
            message: `\`${range}\` doesn't contain a valid address`,
            expected: "an address before the `/`, such as 2001:db8::",
            found: `\`${range}\``,
            remedy: "write the network's first address and the length of its prefix",
          },
        ];
      }),
    ),
};

const wideRanges: PlatformRule = {
  name: "range-is-a-network",
  check: ({ security }) =>
    rangesOf(security?.network).flatMap(({ key, ranges }) =>
      ranges.flatMap((range, index): RuleDiagnostic[] => {
        const least = isV4(range) ? WIDEST.v4 : WIDEST.v6;
        if (Number(range.split("/")[1]) >= least) return [];
        return [
          {
            path: ["security", "network", key, index],
            message: `\`${range}\` is wider than any one network`,
            expected: `a range of /${least} or smaller`,
            found: `\`${range}\``,
            remedy: "name your own networks, or write `anywhere` with a reason",
          },
        ];
      }),
    ),
};

const reasonForAnywhere: PlatformRule = {
  name: "anywhere-has-a-reason",
  check: ({ security }) => {
    const { network } = security ?? {};
    const open = (["allow", "workspaces"] as const).filter((key) => network?.[key] === "anywhere");
    const [key] = open;
    if (key === undefined || network?.reason !== undefined) return [];
    return [
      {
        path: ["security", "network", key],
        message: "databases that can be reached from anywhere need a reason",
        expected: "a `reason` in `network`",
        found: "none",
        remedy: "add `reason: …`, or name the ranges",
      },
    ];
  },
};

export const SECURITY_RULES: readonly PlatformRule[] = [
  networkDeclared,
  controlPlaneReachable,
  knownAddresses,
  wideRanges,
  reasonForAnywhere,
];

function rangesOf(network: Network | undefined) {
  return (["allow", "workspaces"] as const).map((key) => {
    const ranges = network?.[key];
    return { key, ranges: ranges === undefined || ranges === "anywhere" ? [] : ranges };
  });
}
