import { FileBackend } from "./backend.ts";
import { viewOf } from "./events.ts";
import type { DestroyOptions, Engine, RunResult, StackSpec } from "./interface.ts";
import { readableOutputs } from "./outputs.ts";
import type { PrewarmedProgram } from "./prewarm-program.ts";
import { readProject } from "./project.ts";
import { withoutSecrets } from "./property-value.ts";
import { renameStack } from "./rename-stack.ts";
import { Run, type RunKind } from "./run.ts";
import { settingsDigest } from "./settings-file.ts";
import { StackSettings } from "./stack-settings.ts";
import { StackState } from "./stack-state.ts";
import { STACK_TYPE } from "./urn.ts";

/**
 * The engine that needs only Node.js. It runs an unchanged Pulumi program with unchanged providers, and keeps its state in file
 * backends in the format of the Pulumi CLI.
 *
 * @param ahead the process of the first program, if it was started in advance
 */
export function embeddedEngine(ahead?: PrewarmedProgram): Engine {
  const execute =
    (kind: RunKind) =>
    async (spec: StackSpec, options: DestroyOptions = {}): Promise<RunResult> =>
      (await Run.open(kind, spec, options, ahead)).execute();
  return {
    name: "embedded",
    preview: execute("preview"),
    up: execute("update"),
    refresh: execute("refresh"),
    destroy: execute("destroy"),
    outputs,
    resources: async (stack) => {
      const state = await openState(stack);
      return (await state.readBlind())?.resources.map(viewOf);
    },
    revision,
    tags: async (stack) => (await backendOf(stack)).tags(stack.stack),
    setTag: async (stack, name, value) => (await backendOf(stack)).setTag(stack.stack, name, value),
    rename,
    stacks: async (where) => (await backendOf(where)).stacks(),
    close: async () => ahead?.close(),
  };
}

async function openState(spec: StackSpec): Promise<StackState> {
  const project = await readProject(spec.projectFolder);
  const folder = spec.settingsFolder ?? project.settingsFolder;
  return new StackState(spec, project, await StackSettings.read(folder, spec.stack), folder);
}

async function backendOf({ projectFolder, backendUrl }: Pick<StackSpec, "projectFolder" | "backendUrl">) {
  return new FileBackend(backendUrl, (await readProject(projectFolder)).name);
}

async function revision(spec: StackSpec): Promise<string | undefined> {
  const project = await readProject(spec.projectFolder);
  const state = new FileBackend(spec.backendUrl, project.name).revision(spec.stack);
  if (state === undefined) return undefined;
  return `${state} ${settingsDigest(spec.settingsFolder ?? project.settingsFolder, spec.stack)}`;
}

async function rename(spec: StackSpec, name: string): Promise<void> {
  const project = await readProject(spec.projectFolder);
  const backend = new FileBackend(spec.backendUrl, project.name);
  const settingsFolder = spec.settingsFolder ?? project.settingsFolder;
  await renameStack({ backend, project: project.name, settingsFolder }, spec.stack, name);
}

async function outputs(spec: StackSpec): Promise<Readonly<Record<string, unknown>> | undefined> {
  const state = await openState(spec);
  if (!(await state.exists())) return undefined;
  const { resources } = await state.read({ mustExist: true });
  const root = resources.find(({ type }) => type === STACK_TYPE);
  return readableOutputs(root?.outputs ?? {}, withoutSecrets);
}
