import { createHash } from "node:crypto";
import type { DestroyOptions, Engine, RunResult, StackSpec } from "@tenantry/embedded-engine/interface";
import { settingsDigest } from "@tenantry/embedded-engine/settings-file";
import type { Kind } from "./arguments.ts";
import { backendExists } from "./backend.ts";
import { environmentOf } from "./environment.ts";
import { endingOf, failureOf } from "./failure.ts";
import { type Project, readProject } from "./project.ts";
import { Pulumi } from "./pulumi.ts";
import { Run } from "./run.ts";
import { Scratch } from "./scratch.ts";
import { type ExportedStack, exportStack, outputsOf, resourcesOf } from "./state.ts";
import { readTags, writeTag } from "./tags.ts";

/**
 * Runs stacks with the Pulumi CLI, on any backend that it supports.
 *
 * A new stack is previewed in a temporary backend, so its references to other stacks can't be resolved.
 *
 * @param file the path of the CLI, whose version is checked before its first use
 */
export function cliEngine(file: string): Engine {
  const pulumi = new Pulumi(file);

  const execute = async (kind: Kind, spec: StackSpec, options: DestroyOptions = {}): Promise<RunResult> =>
    new Run(pulumi, kind, await readProject(spec.projectFolder), spec, options).execute();

  const exported = async (spec: StackSpec, secrets: "open" | "blind"): Promise<ExportedStack | undefined> =>
    exportStack(pulumi, await readProject(spec.projectFolder), spec, secrets);

  return {
    name: "cli",
    preview: (stack, options) => execute("preview", stack, options),
    up: (stack, options) => execute("up", stack, options),
    refresh: (stack, options) => execute("refresh", stack, options),
    destroy: (stack, options) => execute("destroy", stack, options),
    outputs: async (stack) => {
      const found = await exported(stack, "open");
      return found === undefined ? undefined : outputsOf(found);
    },
    resources: async (stack) => {
      const found = await exported(stack, "blind");
      return found === undefined ? undefined : resourcesOf(found);
    },
    revision: async (stack) => {
      const project = await readProject(stack.projectFolder);
      const found = await exportStack(pulumi, project, stack, "blind");
      if (found === undefined) return undefined;
      const state = createHash("sha256").update(JSON.stringify(found)).digest("hex");
      return `${state} ${settingsDigest(stack.settingsFolder ?? project.settingsFolder, stack.stack)}`;
    },
    tags: async (stack) => readTags(pulumi, await readProject(stack.projectFolder), stack),
    setTag: async (stack, name, value) =>
      writeTag(pulumi, await readProject(stack.projectFolder), stack, { name, value }),
    rename: async (stack, name) => renameStack(pulumi, await readProject(stack.projectFolder), stack, name),
    stacks: (where) => listStacks(pulumi, where),
    close: async () => {},
  };
}

/** @see https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_rename/ */
async function renameStack(pulumi: Pulumi, project: Project, spec: StackSpec, name: string): Promise<void> {
  const scratch = new Scratch();
  try {
    const { settingsFolder, stack } = spec;
    const cwd =
      settingsFolder === undefined
        ? project.root
        : await scratch.projectWithSettings(project, settingsFolder);
    const ended = await pulumi.run(["stack", "rename", name, "--stack", stack], {
      cwd,
      env: environmentOf(spec),
    });
    if (endingOf(ended.code) !== "succeeded") throw failureOf(spec, ended, "rename");
  } finally {
    scratch.remove();
  }
}

async function listStacks(
  pulumi: Pulumi,
  where: Pick<StackSpec, "projectFolder" | "backendUrl" | "env">,
): Promise<readonly string[]> {
  const project = await readProject(where.projectFolder);
  if (!backendExists(where.backendUrl)) return [];
  const ended = await pulumi.run(["stack", "ls", "--json"], {
    cwd: project.root,
    env: environmentOf(where),
  });
  if (endingOf(ended.code) !== "succeeded") throw failureOf({ ...where, stack: "the list of stacks" }, ended);
  const stacks = JSON.parse(ended.stdout) as readonly { readonly name: string }[];
  return stacks.map(({ name }) => name).sort();
}
