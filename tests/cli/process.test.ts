import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SandboxDocument } from "../../src/cli/commands/sandbox.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/tenantry");

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-process-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function start(command: string, ...args: string[]) {
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const exited = once(child, "close").then(([code]) => ({ code: code as number | null, stdout }));
  return { child, exited, printed: () => stdout };
}

describe("the launcher", () => {
  test("works from any folder and through a symbolic link, as npx and npm link create", async () => {
    const link = join(folder, "tenantry");
    symlinkSync(LAUNCHER, link);
    const { code, stdout } = await start(link, "--version").exited;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("returns the exit code of the command", async () => {
    expect((await start(LAUNCHER, "validate", "nowhere").exited).code).toBe(1);
  });
});

describe("the sandbox", () => {
  test("prints its addresses, serves until Ctrl-C, then exits with 0", async () => {
    const { child, exited, printed } = start(LAUNCHER, "sandbox", "--json");
    const document = await documentFrom(child.stdout, printed);
    const response = await fetch(`${document.supabaseUrl}/v1/organizations`, {
      headers: { authorization: `Bearer ${document.env.SUPABASE_ACCESS_TOKEN}` },
    });
    expect(response.status).toBe(200);
    expect(document.folder).toContain(join(".tenantry", "sandbox"));

    child.kill("SIGINT");
    expect((await exited).code).toBe(0);
  });
});

/** Waits until the whole document was printed. */
async function documentFrom(stream: NodeJS.ReadableStream, printed: () => string): Promise<SandboxDocument> {
  while (!printed().endsWith("\n}\n")) await once(stream, "data");
  return JSON.parse(printed()) as SandboxDocument;
}
