import { BLIND, type CheckpointFile, readCheckpoint } from "@tenantry/embedded-engine/checkpoint";
import { viewOf } from "@tenantry/embedded-engine/events";
import type { ResourceView, StackSpec } from "@tenantry/embedded-engine/interface";
import { readableOutputs } from "@tenantry/embedded-engine/outputs";
import { isSecret, mapObject, type PropertyMap } from "@tenantry/embedded-engine/property-value";
import { STACK_TYPE } from "@tenantry/embedded-engine/urn";
import { backendExists } from "./backend.ts";
import { environmentOf } from "./environment.ts";
import { endingOf, failureOf } from "./failure.ts";
import type { Project } from "./project.ts";
import type { Pulumi } from "./pulumi.ts";

/** The output of `pulumi stack export`: the latest part of a checkpoint. */
export interface ExportedStack {
  readonly version: number;
  readonly deployment: NonNullable<CheckpointFile["checkpoint"]["latest"]>;
}

/**
 * Exports the state of a stack. Undefined if the stack doesn't exist.
 *
 * @param secrets `open` decrypts secrets, which needs the passphrase
 */
export async function exportStack(
  pulumi: Pulumi,
  project: Project,
  spec: StackSpec,
  secrets: "open" | "blind",
): Promise<ExportedStack | undefined> {
  if (!backendExists(spec.backendUrl)) return undefined;
  const args = ["stack", "export", "--stack", spec.stack, ...(secrets === "open" ? ["--show-secrets"] : [])];
  const ended = await pulumi.run(args, { cwd: project.root, env: environmentOf(spec) });
  const ending = endingOf(ended.code);
  if (ending === "stack not found") return undefined;
  if (ending !== "succeeded") throw failureOf(spec, ended);
  return JSON.parse(ended.stdout) as ExportedStack;
}

/** Whether the state names a secrets provider. A new stack in a bucket has none yet. */
export function hasKeeper({ deployment }: ExportedStack): boolean {
  return deployment.secrets_providers !== undefined;
}

/** The salt of the passphrase that encrypts the state's secrets; undefined for other secrets providers. */
export function saltOf({ deployment }: ExportedStack): string | undefined {
  const secrets = deployment.secrets_providers;
  return secrets?.type === "passphrase" ? secrets.state?.salt : undefined;
}

/** The recorded resources, with secrets masked. */
export function resourcesOf({ version, deployment }: ExportedStack): ResourceView[] {
  const file = { version, checkpoint: { stack: "", latest: deployment } };
  return readCheckpoint(file, BLIND, new Map()).resources.map(viewOf);
}

/**
 * The outputs of a stack. An output that contains a secret is a `Secret`.
 *
 * @param exported with decrypted secrets
 */
export function outputsOf({ deployment }: ExportedStack): Readonly<Record<string, unknown>> {
  const root = (deployment.resources ?? []).find(({ type }) => type === STACK_TYPE);
  return readableOutputs((root?.outputs ?? {}) as PropertyMap, opened);
}

/** Parses decrypted secrets: the plaintext is the JSON of the value, which may contain further secrets. */
function opened(values: PropertyMap): PropertyMap {
  return mapObject(values, (value) =>
    isSecret(value) ? (opened({ value: JSON.parse(String(value.plaintext)) }).value ?? null) : undefined,
  );
}
