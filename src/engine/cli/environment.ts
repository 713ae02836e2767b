import type { StackSpec } from "@tenantry/embedded-engine/interface";
import { PLAIN_ERRORS, preloading } from "@tenantry/embedded-engine/node-options";
import { attachedProviders } from "./arguments.ts";

/** The environment of the CLI, which the program and the providers inherit. */
export function environmentOf(
  where: Pick<StackSpec, "backendUrl" | "env"> & Partial<Pick<StackSpec, "passphrase">>,
  attach: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  const base = { ...process.env, ...where.env };
  return {
    ...base,
    PULUMI_BACKEND_URL: where.backendUrl,
    PULUMI_CONFIG_PASSPHRASE: where.passphrase?.reveal(),
    PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    PULUMI_DEBUG_PROVIDERS: attachedProviders(attach, base.PULUMI_DEBUG_PROVIDERS),
    // The CLI accepts `--event-log` only with this variable.
    PULUMI_DEBUG_COMMANDS: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NODE_OPTIONS: preloading([PLAIN_ERRORS], base.NODE_OPTIONS),
  };
}
