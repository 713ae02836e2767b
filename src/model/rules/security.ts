import { isIP } from "node:net";
import type { PlatformManifest } from "../../manifest/platform.ts";
import { isV4 } from "../security.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { PlatformRule } from "./subject.ts";

type Network = NonNullable<NonNullable<PlatformManifest["security"]>["network"]>;

/** Wider than any network of one's own: whoever means that says `anywhere`. */
const WIDEST = { v4: 8, v6: 16 } as const;

/** Supabase lets everybody connect until it is told otherwise, and tenantry can't know from where `up` runs. */
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

/** tenantry reaches the control plane through Supabase's session pooler, which has IPv4 addresses only. */
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

/** The form of an IPv6 address is more than a pattern can say. */
const knownAddresses: PlatformRule = {
  name: "range-is-an-address",
  check: ({ security }) =>
    rangesOf(security?.network).flatMap(({ key, ranges }) =>
      ranges.flatMap((range, index): RuleDiagnostic[] => {
        if (isIP(range.split("/")[0] ?? "") !== 0) return [];
        return [
          {
            path: ["security", "network", key, index],
            message: `\`${range}\` holds no address`,
            expected: "an address before the `/`, as 2001:db8::",
            found: `\`${range}\``,
            remedy: "write the network's first address, and how many of its bits count",
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
        expected: "`reason` beside it",
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
