import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { Secret } from "../../src/core/secret.ts";
import { openSalt } from "../../src/engine/embedded/secrets.ts";
import type { Engine, EngineEvent } from "../../src/engine/engine.ts";
import { upKilled } from "../engine/kill.ts";
import { PASSPHRASE, TestProject } from "../engine/project.ts";
import { serveProvider } from "../engine/provider.ts";
import { type Observed, Observer } from "./observe.ts";
import { isKilled, type Step } from "./rule.ts";

/** Of the tests' passphrase: one salt for all stacks, since each takes a second to open. */
const SALT = "v1:r/j/enGUlcw=:v1:TIHoQDUvyI9wdHA8:NJPO3+PyerSPZ9zR1kYSV3KfYQyRUQ==";

/** Runs a rule's steps on an engine, in a project of their own, and tells what was to be seen of each. */
export async function tryOn(engine: Engine, steps: readonly Step[]): Promise<readonly Observed[]> {
  const project = new TestProject("", engine);
  const provider = await serveProvider(project.world);
  try {
    makeEmptyStack(project);
    const crypter = await openSalt(SALT, new Secret(PASSPHRASE));
    const observer = new Observer(project, crypter);
    const observed: Observed[] = [];
    for (const step of steps) {
      prepare(project, step, (text) => crypter.encrypt(text));
      const events: EngineEvent[] = [];
      const options = {
        ...step.options,
        ...(step.plugin !== true && { attach: { test: `127.0.0.1:${provider.port}` } }),
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

/** Both engines start from a stack that is there, as `pulumi stack init` leaves it. */
function makeEmptyStack({ stateFile, backend, folder }: TestProject): void {
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(join(backend, ".pulumi/meta.yaml"), "version: 1\n");
  writeFileSync(stateFile, JSON.stringify({ version: 3, checkpoint: { stack: "organization/trial/dev" } }));
  mkdirSync(join(folder, "settings"));
  writeFileSync(settingsOf(folder), stringify({ encryptionsalt: SALT }));
}

function prepare(project: TestProject, step: Step, encrypt: (text: string) => string): void {
  const { program, config, faults = {}, meanwhile = {} } = step;
  if (program !== undefined) project.write(program);
  if (config !== undefined)
    writeFileSync(
      settingsOf(project.folder),
      stringify({ encryptionsalt: SALT, config: encrypted(config, encrypt) }),
    );
  project.fault(faults);
  for (const [id, thing] of Object.entries(meanwhile)) {
    const file = join(project.world, "things", `${id}.json`);
    mkdirSync(dirname(file), { recursive: true });
    if (thing === null) rmSync(file);
    else writeFileSync(file, JSON.stringify(thing));
  }
}

function encrypted(config: NonNullable<Step["config"]>, encrypt: (text: string) => string): object {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : { secure: encrypt(value.secret) },
    ]),
  );
}

function settingsOf(folder: string): string {
  return join(folder, "settings/Pulumi.dev.yaml");
}
