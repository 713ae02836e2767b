import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as soon } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ProjectServers } from "../src/project-servers.ts";
import { temporaryFolder } from "./local-sandbox.ts";

test("when all have stopped, one that was just going to sleep has stopped too", async () => {
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
