import { devNull } from "node:os";
import type { DestroyOptions, PolicyPackSource, RunOptions } from "@tenantry/embedded-engine/interface";

export type Kind = "preview" | "up" | "refresh" | "destroy";

/**
 * The arguments of one operation.
 *
 * Whoever runs an engine has previewed before, so that only a preview previews.
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

/** The CLI wants a configuration of every pack or of none; an empty file sets nothing. */
function policyArguments(packs: readonly PolicyPackSource[]): string[] {
  const configured = packs.some(({ config }) => config !== undefined);
  return packs.flatMap(({ folder, config = devNull }) => [
    ...["--policy-pack", folder],
    ...(configured ? ["--policy-pack-config", config] : []),
  ]);
}

/** Providers that already run, as the CLI takes them: `tenantry:4711,other:4712`. They are on this machine. */
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
