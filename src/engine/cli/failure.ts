import { UserError } from "@tenantry/core/errors";
import type { StackSpec } from "@tenantry/embedded-engine/interface";
import type { Ended } from "./pulumi.ts";
import { INSTALL } from "./version.ts";

type Where = Pick<StackSpec, "stack" | "backendUrl">;

/** How a run of the CLI ended. @see https://www.pulumi.com/docs/iac/cli/exit-codes/ */
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

/** @param code null when a signal ended it */
export function endingOf(code: number | null): Ending {
  return code === null ? "cancelled" : (ENDINGS[code] ?? "failed");
}

/** What is missing or in the way, by what the CLI says of it, and how to mend it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /no language plugin '(pulumi-language-\w+)'/,
    `$1 comes with the Pulumi CLI and belongs next to it. ${INSTALL} Or use --engine embedded.`,
  ],
  [
    /pulumi-resource-([a-z][\w-]*)'.*(?:version|\$PATH)/s,
    "The provider's plugin is missing, and the CLI could not fetch it: pulumi plugin install resource $1. Or use --engine embedded.",
  ],
];

/** What the CLI said, with what to do about it where that is known. */
export function withRemedy(message: string): string {
  for (const [pattern, remedy] of REMEDIES) {
    const found = pattern.exec(message);
    if (found !== null) return `${message}\n${remedy.replace("$1", found[1] ?? "")}`;
  }
  return message;
}

/** A mistake that stops a run before it begins, as both engines report it; undefined for any other text. */
export function refusalOf(spec: Where, ending: Ending, stderr: string): UserError | undefined {
  const said = stderr.replace(/^error: /m, "").trim();
  if (ending === "stack not found")
    return new UserError(`There is no stack ${spec.stack} in ${spec.backendUrl}.`, {
      remedy: "Bring it up first, or check its name and PULUMI_BACKEND_URL.",
    });
  if (/incorrect passphrase/.test(stderr))
    return new UserError("The passphrase does not open this stack's secrets: incorrect passphrase.", {
      remedy: "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the one it was made with.",
    });
  if (/currently locked by|\[409\] Conflict/.test(stderr))
    return new UserError(`${spec.stack}: ${said}`, {
      remedy: `Wait for the other run. If it was killed: pulumi cancel --stack ${spec.stack}.`,
    });
  if (ending === "unauthorized")
    return new UserError(`${spec.backendUrl} does not let the Pulumi CLI in: ${said}`, {
      remedy: "Set PULUMI_ACCESS_TOKEN for Pulumi Cloud, or the credentials of the bucket.",
    });
  return undefined;
}

/** Why a command that only reads failed. */
export function failureOf(spec: Where, { code, stderr }: Ended): Error {
  const ending = endingOf(code);
  return (
    refusalOf(spec, ending, stderr) ??
    new UserError(`The Pulumi CLI can't read ${spec.stack} (${ending}): ${stderr.trim()}`, {
      remedy: "Mend what it says, or use --engine embedded for a file backend.",
    })
  );
}
