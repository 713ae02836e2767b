import { devNull } from "node:os";
import type { DestroyOptions, PolicyPackSource, RunOptions } from "@tenantry/embedded-engine/interface";

export type Kind = "preview" | "up" | "refresh" | "destroy";

/**
 * The arguments of one operation. Operations other than `preview` skip the CLI's own preview, because the caller has already
 * previewed.
 */
export function argumentsOf(
  kind: Kind,
  where: { readonly stack: string; readonly configFile: string; readonly eventLog: string },
  options: RunOptions & DestroyOptions,
): string[] {
  return [
    kind,
    ...["--stack", where.stack],
    ...["--config-file", where.configFile],
    ...["--event-log", where.eventLog],
    ...["--parallel", String(options.parallel ?? 8)],
    ...(kind === "preview" ? [] : ["--yes", "--skip-preview"]),
    ...(options.refresh === true && kind !== "refresh" ? ["--refresh"] : []),
    ...(options.targets ?? []).flatMap((urn) => ["--target", urn]),
    ...(kind === "preview" || kind === "up" ? policyArguments(options.policyPacks ?? []) : []),
    ...(options.targetDependents === true ? ["--target-dependents"] : []),
    ...(options.continueOnError === true && (kind === "up" || kind === "destroy")
      ? ["--continue-on-error"]
      : []),
    ...(options.clearPendingCreates === true && kind === "refresh" ? ["--clear-pending-creates"] : []),
    ...(options.ignoreProtect === true && kind === "destroy" ? ["--ignore-protect"] : []),
    "--suppress-progress",
  ];
}

/** The CLI requires a configuration for every pack or for none. An empty file sets nothing. */
function policyArguments(packs: readonly PolicyPackSource[]): string[] {
  const configured = packs.some(({ config }) => config !== undefined);
  return packs.flatMap(({ folder, config = devNull }) => [
    ...["--policy-pack", folder],
    ...(configured ? ["--policy-pack-config", config] : []),
  ]);
}

/** The value of PULUMI_DEBUG_PROVIDERS for providers that already run on this machine: `tenantry:4711,other:4712`. */
export function attachedProviders(
  attach: Readonly<Record<string, string>>,
  given: string | undefined,
): string | undefined {
  const attached = Object.entries(attach).map(([name, address]) => `${name}:${portOf(address)}`);
  const all = [...attached, ...(given ? [given] : [])].join(",");
  return all === "" ? undefined : all;
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
