import { UserError } from "@tenantry/core/errors";
import type { StackSpec } from "@tenantry/embedded-engine/interface";
import type { Ended } from "./pulumi.ts";
import { INSTALL } from "./version.ts";

type Where = Pick<StackSpec, "stack" | "backendUrl">;

/** The meaning of the CLI's exit code. @see https://www.pulumi.com/docs/iac/cli/exit-codes/ */
export type Ending =
  | "succeeded"
  | "failed"
  | "misused"
  | "unauthorized"
  | "resource failed"
  | "policy violated"
  | "stack not found"
  | "changes found"
  | "cancelled"
  | "timed out";

const ENDINGS: Readonly<Record<number, Ending>> = {
  0: "succeeded",
  1: "failed",
  2: "misused",
  3: "unauthorized",
  4: "resource failed",
  5: "policy violated",
  6: "stack not found",
  7: "changes found",
  8: "cancelled",
  9: "timed out",
};

/** @param code null if a signal ended the process */
export function endingOf(code: number | null): Ending {
  return code === null ? "cancelled" : (ENDINGS[code] ?? "failed");
}

/** Remedies for messages of the CLI about missing plugins. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /no language plugin '(pulumi-language-\w+)'/,
    `$1 comes with the Pulumi CLI and must be in the same folder. ${INSTALL} Or use --engine embedded.`,
  ],
  [
    /pulumi-resource-([a-z][\w-]*)'.*(?:version|\$PATH)/s,
    "The provider's plugin is missing, and the CLI couldn't download it. Run: pulumi plugin install resource $1. Or use --engine embedded.",
  ],
];

/** Adds the remedy to a message of the CLI, if one is known. */
export function withRemedy(message: string): string {
  for (const [pattern, remedy] of REMEDIES) {
    const found = pattern.exec(message);
    if (found !== null) return `${message}\n${remedy.replace("$1", found[1] ?? "")}`;
  }
  return message;
}

/** The error for a mistake that stops a run before it begins, worded as by the embedded engine. Undefined for other failures. */
export function refusalOf(spec: Where, ending: Ending, stderr: string): UserError | undefined {
  const said = stderr.replace(/^error: /m, "").trim();
  if (ending === "stack not found")
    return new UserError(`There is no stack ${spec.stack} in ${spec.backendUrl}.`, {
      remedy: "Create it with tenantry up, or check its name and PULUMI_BACKEND_URL.",
    });
  if (/incorrect passphrase/.test(stderr))
    return new UserError(`The secrets of ${spec.stack} can't be decrypted: incorrect passphrase.`, {
      remedy:
        "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the passphrase that the stack was created with.",
    });
  if (/currently locked by|\[409\] Conflict/.test(stderr))
    return new UserError(`${spec.stack}: ${said}`, {
      remedy: `Wait until the other run ends. If it was killed, run: pulumi cancel --stack ${spec.stack}`,
    });
  if (ending === "unauthorized")
    return new UserError(`${spec.backendUrl} refused the Pulumi CLI's credentials: ${said}`, {
      remedy: "Set PULUMI_ACCESS_TOKEN for Pulumi Cloud, or the credentials for the bucket.",
    });
  return undefined;
}

/**
 * The error for a failed command other than a run.
 *
 * @param verb what the command does. Default `read`
 */
export function failureOf(spec: Where, { code, stderr }: Ended, verb = "read"): Error {
  const ending = endingOf(code);
  return (
    refusalOf(spec, ending, stderr) ??
    new UserError(`The Pulumi CLI can't ${verb} ${spec.stack} (${ending}): ${stderr.trim()}`, {
      remedy:
        "Fix the problem that it reports. If the backend is a folder (file://), you can also use --engine embedded.",
    })
  );
}
