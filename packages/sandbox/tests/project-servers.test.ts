import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as soon } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ProjectServers } from "../src/project-servers.ts";
import { temporaryFolder } from "./local-sandbox.ts";

test("stopAll also waits for a server that is already stopping", async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => rm(folder, { recursive: true }));
  await ProjectServers.prepare();
  const servers = new ProjectServers(folder);
  (await servers.use("sleepy")).release();
  const asleep = servers.stop("sleepy");
  await soon();
  await servers.stopAll();
  expect(existsSync(join(folder, "sleepy/postmaster.pid"))).toBe(false);
  await asleep;
});
