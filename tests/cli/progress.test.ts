import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { changesIn } from "../../src/changes/stack.ts";
import { type Progress, watch } from "../../src/cli/progress.ts";
import { Session } from "../../src/cli/session.ts";
import type { StackResult } from "../../src/fleet/run.ts";
import { begun, ended, failed, step, view } from "../changes/events.ts";

/** A progress display, and its output so far. */
function watcher(options: { tty: boolean; columns?: number; env?: Record<string, string> }) {
  const stderr = Object.assign(new PassThrough(), { isTTY: options.tty, columns: options.columns ?? 80 });
  const session = new Session({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: options.env ?? {},
    cwd: "/",
    onInterrupt: () => () => {},
    exit: () => {
      throw new Error("ended");
    },
  });
  let written = "";
  stderr.on("data", (chunk: Buffer) => {
    written += chunk.toString("utf8");
  });
  return { progress: watch(session, 2), written: () => written };
}

const project = step("create", null, view("tenantry:supabase:Project", "production-project"));
const done: StackResult = {
  stack: "agntdata.acme",
  outcome: "done",
  changes: changesIn("agntdata.acme", []),
  seconds: 12.4,
  skipped: false,
};

function play(progress: Progress): void {
  progress.started?.("agntdata.acme", "up");
  progress.event?.("agntdata.acme", begun(project));
  progress.status("agntdata.acme", "waiting for auth");
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("without a terminal", () => {
  test("a plain line is printed for each start, resource and end", () => {
    const { progress, written } = watcher({ tty: false });
    play(progress);
    progress.event?.("agntdata.acme", ended(project));
    progress.event?.("agntdata.acme", failed(project));
    progress.finished?.(done);
    progress.stop();
    expect(written().split("\n")).toEqual([
      "[agntdata.acme] updating",
      "[agntdata.acme]   waiting for auth",
      "[agntdata.acme] create project production-project",
      "[agntdata.acme] create project production-project failed",
      "[agntdata.acme] done in 12 s",
      "",
    ]);
  });

  test.each([
    ["in CI", { CI: "true" }],
    ["on a dumb terminal", { TERM: "dumb" }],
  ])("nothing is redrawn %s", (_where, env) => {
    const { progress, written } = watcher({ tty: true, env });
    play(progress);
    vi.advanceTimersByTime(1000);
    progress.stop();
    expect(written()).not.toContain("\x1b[1A");
    expect(written()).toContain("[agntdata.acme] updating");
  });
});

describe("on a terminal", () => {
  test("each running stack has a line with its current step, which is removed at its end", () => {
    const { progress, written } = watcher({ tty: true, env: { NO_COLOR: "1" } });
    play(progress);
    vi.advanceTimersByTime(100);
    expect(written()).toContain("0 of 2 done\n  agntdata.acme  waiting for auth  0 steps, 0.1 s\n");
    progress.event?.("agntdata.acme", ended(project));
    progress.finished?.(done);
    progress.stop();
    expect(written().endsWith("\x1b[2A\x1b[0J✓ agntdata.acme 12 s\n")).toBe(true);
  });

  test("no line is wider than the terminal, because it couldn't be redrawn", () => {
    const { progress, written } = watcher({ tty: true, columns: 30, env: { NO_COLOR: "1" } });
    play(progress);
    vi.advanceTimersByTime(100);
    progress.stop();
    expect(
      Math.max(
        ...written()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThan(30);
  });

  test("escape sequences in a vendor's message don't reach the terminal", () => {
    const { progress, written } = watcher({ tty: true, env: { NO_COLOR: "1" } });
    play(progress);
    progress.status("agntdata.acme", "\x1b[2Jgone");
    vi.advanceTimersByTime(100);
    progress.stop();
    expect(written()).not.toContain("\x1b[2J");
  });
});
