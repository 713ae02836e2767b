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

/** What `pulumi stack export` prints: the latest part of a checkpoint. */
export interface ExportedStack {
  readonly version: number;
  readonly deployment: NonNullable<CheckpointFile["checkpoint"]["latest"]>;
}

/** @param secrets `open` needs the passphrase. Undefined when there is no such stack. */
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

/** Whether someone keeps the key of the state's secrets. A new stack in a bucket has no keeper yet. */
export function hasKeeper({ deployment }: ExportedStack): boolean {
  return deployment.secrets_providers !== undefined;
}

/** The salt of the key that the state's secrets are encrypted with; undefined where another provider keeps the key. */
export function saltOf({ deployment }: ExportedStack): string | undefined {
  const secrets = deployment.secrets_providers;
  return secrets?.type === "passphrase" ? secrets.state?.salt : undefined;
}

/** What was recorded, secrets blinded. */
export function resourcesOf({ version, deployment }: ExportedStack): ResourceView[] {
  const file = { version, checkpoint: { stack: "", latest: deployment } };
  return readCheckpoint(file, BLIND, new Map()).resources.map(viewOf);
}

/** @param exported with its secrets in clear; an output that holds one is a Secret */
export function outputsOf({ deployment }: ExportedStack): Readonly<Record<string, unknown>> {
  const root = (deployment.resources ?? []).find(({ type }) => type === STACK_TYPE);
  return readableOutputs((root?.outputs ?? {}) as PropertyMap, opened);
}

/** An exported secret holds the JSON of its value, which may hold others. */
function opened(values: PropertyMap): PropertyMap {
  return mapObject(values, (value) =>
    isSecret(value) ? (opened({ value: JSON.parse(String(value.plaintext)) }).value ?? null) : undefined,
  );
}
