import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { stringify } from "yaml";
import type { Engine, EngineEvent, PolicyPackSource } from "../../src/interface.ts";
import { openSalt } from "../../src/secrets.ts";
import { upKilled } from "../kill.ts";
import { writePack } from "../policy-pack.ts";
import { PASSPHRASE, TestProject } from "../project.ts";
import { serveProvider } from "../provider.ts";
import { type Observed, Observer } from "./observe.ts";
import { isKilled, type Step } from "./rule.ts";

/** The salt for the tests' passphrase, shared by all stacks because deriving a key takes a second. */
const SALT = "v1:r/j/enGUlcw=:v1:TIHoQDUvyI9wdHA8:NJPO3+PyerSPZ9zR1kYSV3KfYQyRUQ==";

/** Runs a rule's steps on an engine, in a new project, and returns the observation of each step. */
export async function tryOn(engine: Engine, steps: readonly Step[]): Promise<readonly Observed[]> {
  const project = new TestProject("", engine);
  const provider = await serveProvider(project.world);
  try {
    makeEmptyStack(project);
    const crypter = await openSalt(SALT, new Secret(PASSPHRASE));
    const observer = new Observer(project, crypter);
    const observed: Observed[] = [];
    const attach = { test: `127.0.0.1:${provider.port}` };
    for (const step of steps) {
      await bringUpOthers(engine, project, step, attach);
      prepare(project, step, (text) => crypter.encrypt(text));
      for (const [name, value] of Object.entries(step.tags ?? {}))
        await engine.setTag(project.spec(), name, value);
      const events: EngineEvent[] = [];
      const options = {
        ...step.options,
        ...(step.plugin !== true && { attach }),
        policyPacks: packsOf(project),
        onEvent: (event: EngineEvent) => events.push(event),
      };
      const run = isKilled(step)
        ? void (await upKilled(engine, project))
        : await engine[step.operation](project.spec(), options);
      observed.push(observer.observe(step, run, events));
    }
    return observed;
  } finally {
    provider.close();
    project.remove();
  }
}

/** Both engines start from an existing stack, like `pulumi stack init` creates it. */
function makeEmptyStack({ stateFile, backend, folder }: TestProject): void {
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(join(backend, ".pulumi/meta.yaml"), "version: 1\n");
  writeFileSync(stateFile, JSON.stringify({ version: 3, checkpoint: { stack: "organization/trial/dev" } }));
  mkdirSync(join(folder, "settings"));
  mkdirSync(join(folder, "packs"));
  writeFileSync(settingsOf(folder), stringify({ encryptionsalt: SALT }));
}

/** Brings up the other stacks of a step. Their events aren't part of its observation. */
async function bringUpOthers(
  engine: Engine,
  project: TestProject,
  { others = {} }: Step,
  attach: Readonly<Record<string, string>>,
): Promise<void> {
  const program = project.program;
  for (const [stack, body] of Object.entries(others)) {
    project.write(body);
    writeFileSync(settingsOf(project.folder, stack), stringify({ encryptionsalt: SALT }));
    const { result, diagnostics } = await engine.up(project.spec(stack), { attach });
    if (result === "failed") throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  }
  project.write(program);
  project.calls();
}

function prepare(project: TestProject, step: Step, encrypt: (text: string) => string): void {
  const { program, config, packs, packConfigs = {}, files = {}, faults = {}, meanwhile = {} } = step;
  if (program !== undefined) project.write(program);
  if (config !== undefined)
    writeFileSync(
      settingsOf(project.folder),
      stringify({ encryptionsalt: SALT, config: encrypted(config, encrypt) }),
    );
  if (packs !== undefined) writePacks(project, packs);
  for (const [name, text] of Object.entries(packConfigs)) writeFileSync(packConfigOf(project, name), text);
  for (const [path, text] of Object.entries(files)) writeFile(join(project.folder, path), text);
  project.fault(faults);
  for (const [id, thing] of Object.entries(meanwhile)) {
    const file = join(project.world, "things", `${id}.json`);
    if (thing === null) rmSync(file);
    else writeFile(file, JSON.stringify(thing));
  }
}

function writeFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function encrypted(config: NonNullable<Step["config"]>, encrypt: (text: string) => string): object {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : { secure: encrypt(value.secret) },
    ]),
  );
}

function settingsOf(folder: string, stack = "dev"): string {
  return join(folder, `settings/Pulumi.${stack}.yaml`);
}

function writePacks({ folder }: TestProject, packs: NonNullable<Step["packs"]>): void {
  rmSync(join(folder, "packs"), { recursive: true });
  mkdirSync(join(folder, "packs"));
  for (const [name, declared] of Object.entries(packs)) writePack(join(folder, "packs", name), declared);
}

/** The policy packs of a project's folder, sorted by name. */
function packsOf(project: TestProject): readonly PolicyPackSource[] {
  const packs = join(project.folder, "packs");
  return readdirSync(packs)
    .sort()
    .map((name) => {
      const config = packConfigOf(project, name);
      return { folder: join(packs, name), config: existsSync(config) ? config : undefined };
    });
}

function packConfigOf({ folder }: TestProject, name: string): string {
  return join(folder, `pack-${name}.json`);
}
