import type { StackSpec } from "@tenantry/embedded-engine/interface";
import { backendExists } from "./backend.ts";
import { environmentOf } from "./environment.ts";
import { endingOf, failureOf } from "./failure.ts";
import type { Project } from "./project.ts";
import type { Pulumi } from "./pulumi.ts";

/** @see https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_tag_ls/ */
export async function readTags(
  pulumi: Pulumi,
  project: Project,
  spec: StackSpec,
): Promise<Readonly<Record<string, string>>> {
  if (!backendExists(spec.backendUrl)) return {};
  const args = ["stack", "tag", "ls", "--json", "--stack", spec.stack];
  const ended = await pulumi.run(args, { cwd: project.root, env: environmentOf(spec) });
  const ending = endingOf(ended.code);
  if (ending === "stack not found") return {};
  if (ending !== "succeeded") throw failureOf(spec, ended);
  return JSON.parse(ended.stdout) as Record<string, string>;
}

export async function writeTag(
  pulumi: Pulumi,
  project: Project,
  spec: StackSpec,
  tag: { readonly name: string; readonly value: string },
): Promise<void> {
  const args = ["stack", "tag", "set", tag.name, tag.value, "--stack", spec.stack];
  const ended = await pulumi.run(args, { cwd: project.root, env: environmentOf(spec) });
  if (endingOf(ended.code) !== "succeeded") throw failureOf(spec, ended);
}
