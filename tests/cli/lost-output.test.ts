import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OutputsDocument } from "../../src/cli/commands/outputs.ts";
import { withInterrupt } from "../../src/cli/interrupt.ts";
import { type Io, Session } from "../../src/cli/session.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/tenantry");
const ACME = "stacks/demo/orgs/acme.yaml";
const ONE_WORKSPACE = ORGANIZATION.replace(", staging: {}", "");

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  folder = folderWith({ "stacks/demo/platform.yaml": PLATFORM, [ACME]: ONE_WORKSPACE });
});

afterAll(() => folder.remove());

/** Runs the command line in a process whose reader closes one of the pipes at once. */
async function closing(stream: "stdout" | "stderr", ...args: string[]) {
  const child = spawn(LAUNCHER, args, { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  child[stream].destroy();
  child[stream === "stdout" ? "stderr" : "stdout"].setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, printed };
}

describe("a reader that closes the pipe", () => {
  test.each([["validate"], ["validate", "--json"], ["schema"], ["--help"]])(
    "fails %s %s, and says what was lost",
    async (...args) => {
      const { code, printed } = await closing("stdout", ...args);
      expect(code).toBe(1);
      expect(printed).toMatch(/^error: A part of the output was lost \(stdout: .*EPIPE/);
    },
  );

  test("of stderr leaves the result whole", async () => {
    const { code, printed } = await closing("stderr", "validate", "nowhere", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(printed)).toMatchObject({ ok: false, error: { kind: "user" } });
  });
});

test.runIf(process.platform === "linux")("a full disk fails the command too", async () => {
  const full = openSync("/dev/full", "w");
  const child = spawn(LAUNCHER, ["validate"], { cwd: folder.path, stdio: ["ignore", full, "pipe"] });
  let printed = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, printed }).toEqual({ code: 1, printed: expect.stringContaining("stdout: ENOSPC") });
});

describe("a run whose output is lost", () => {
  let sandbox: ProductSandbox;

  beforeAll(async () => {
    sandbox = await startProductSandbox({
      folder: join(folder.path, ".tenantry/sandbox"),
      readinessMilliseconds: 1,
    });
  });

  afterAll(() => sandbox.stop());

  async function outputs(): Promise<unknown> {
    const ran = await tenantry(["outputs", "demo.acme", "--json", "--sandbox"], { cwd: folder.path });
    return (JSON.parse(ran.stdout) as OutputsDocument).stacks[0]?.outputs;
  }

  test("applies all changes and keeps its state", async () => {
    const { code } = await closing("stdout", "up", "--yes", "--sandbox");
    expect(code).toBe(1);
    expect(await outputs()).toMatchObject({ plan: "free" });

    writeFileSync(join(folder.path, ACME), `${ONE_WORKSPACE}displayName: Acme Robotics\n`);
    const silent = await closing("stderr", "up", "--yes", "--sandbox", "--json");
    expect(silent.code).toBe(1);
    expect(JSON.parse(silent.printed)).toMatchObject({ ok: true });
    const again = await tenantry(["up", "--yes", "--sandbox"], { cwd: folder.path });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("2 unchanged") });
  }, 240_000);
});

/** A session whose outputs fail as a pipe without a reader does. */
function sessionWithoutReader(io: Partial<Io> = {}): Session {
  const broken = () =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
  return new Session({
    stdin: new PassThrough().end(),
    ...{ stdout: broken(), stderr: broken(), env: {}, cwd: folder.path },
    onInterrupt: () => () => {},
    exit: (code) => {
      throw new Error(`ended with ${code}`);
    },
    ...io,
  });
}

describe("work without a reader", () => {
  const isStopped = (session: Session) =>
    withInterrupt(session, async (signal) => {
      await session.flush();
      return signal.aborted;
    });

  test.each([
    ["stops if it changes nothing", true, true],
    ["ends if it changes something", false, false],
  ])("%s", async (_what, stopsUnread, stopped) => {
    const session = sessionWithoutReader();
    session.stopsUnread = stopsUnread;
    session.print("line");
    expect(await isStopped(session)).toBe(stopped);
    expect(await session.flush()).toBe("stdout: write EPIPE");
  });

  test.each([
    ["ends if only its messages have no reader", undefined, false],
    ["stops if messages and result have the same reader", true, true],
  ])("%s", async (_what, isOneOutput, stopped) => {
    const session = sessionWithoutReader({
      stdout: new PassThrough().resume(),
      ...(isOneOutput === undefined ? {} : { isOneOutput }),
    });
    session.stopsUnread = true;
    session.log("line");
    expect(await isStopped(session)).toBe(stopped);
    expect(await session.flush()).toBe("stderr: write EPIPE");
  });
});
