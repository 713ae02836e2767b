import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "../src/interface.ts";
import { PASSPHRASE, type TestProject } from "./project.ts";

/** An update during which the provider kills the engine. The embedded engine runs in a separate process. */
export async function startKilled(engine: Engine, project: TestProject): Promise<void> {
  if (engine.name === "embedded") await upElsewhere(project);
  else await engine.up(project.spec());
}

/** The same, and removes the remaining lock, like `pulumi cancel`. */
export async function upKilled(engine: Engine, project: TestProject): Promise<void> {
  await startKilled(engine, project);
  const locks = join(project.backend, ".pulumi/locks/organization/trial/dev");
  for (const lock of readdirSync(locks)) rmSync(join(locks, lock));
}

async function upElsewhere(project: TestProject): Promise<void> {
  const spec = JSON.stringify({ ...project.spec(), passphrase: PASSPHRASE });
  const program = fileURLToPath(new URL("./run-up.js", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, SPEC: spec },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await once(child, "close");
}
