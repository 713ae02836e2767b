import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";

interface Output {
  readonly path: string;
  readonly contents: string;
}

/** Plain JavaScript, because it builds the rest. */
const { writeBuild, removeLeftovers, stampOf } = (await import(
  new URL("../../bin/build-output.js", import.meta.url).href
)) as {
  writeBuild(files: readonly Output[]): Record<string, { stamp: string; sha256: string }>;
  removeLeftovers(
    folder: string,
    kept: ReadonlySet<string>,
    since: Record<string, number>,
    isPruning: boolean,
    now?: number,
  ): Record<string, number>;
  stampOf(path: string): string;
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "build-output-"));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
});

/** A build whose entry point imports another file when it gets a line. */
function build(version: string): readonly Output[] {
  const chunk = `chunk-${version.padEnd(8, "X")}.js`;
  const entry = `
    process.stdout.write("loaded");
    process.stdin.once("data", async () => {
      const { version } = await import("./${chunk}");
      process.stdout.write(version);
      process.exit();
    });`;
  return [
    { path: join(folder, "main.js"), contents: entry },
    { path: join(folder, chunk), contents: `export const version = "${version}";` },
    { path: join(folder, "package.json"), contents: '{ "type": "module" }' },
  ];
}

test("a process that loaded one build finds its files after the next build", async () => {
  writeBuild(build("ONE"));
  const child = spawn(process.execPath, [join(folder, "main.js")], { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  while (printed === "") await once(child.stdout, "data");
  const next = build("TWO");
  writeBuild(next);
  removeLeftovers(folder, new Set(next.map(({ path }) => path)), {}, false);
  child.stdin.write("\n");
  await once(child, "close");
  expect(printed).toBe("loadedONE");
  expect(readFileSync(join(folder, "main.js"), "utf8")).toContain("TWO");
});

test("a build notices that another one has replaced its entry points", () => {
  const first = writeBuild(build("ONE"));
  const entry = join(folder, "main.js");
  expect(Object.keys(first)).toContain(entry);
  expect(stampOf(entry)).toBe(first[entry]?.stamp);
  writeBuild(build("TWO").map((file) => ({ ...file, contents: `${file.contents} ` })));
  expect(stampOf(entry)).not.toBe(first[entry]?.stamp);
});

test("leftovers are removed a day after the build that no longer had them, or at once for a package", () => {
  const hour = 60 * 60 * 1000;
  writeBuild(build("ONE"));
  const next = build("TWO");
  writeBuild(next);
  const kept = new Set(next.map(({ path }) => path));
  const names = () =>
    readdirSync(folder)
      .filter((name) => name.startsWith("chunk"))
      .sort();
  const since = removeLeftovers(folder, kept, {}, false, 0);
  expect(since).toEqual({ "chunk-ONEXXXXX.js": 0 });
  expect(removeLeftovers(folder, kept, since, false, 23 * hour)).toEqual(since);
  expect(names()).toEqual(["chunk-ONEXXXXX.js", "chunk-TWOXXXXX.js"]);
  expect(removeLeftovers(folder, kept, since, false, 25 * hour)).toEqual({});
  expect(names()).toEqual(["chunk-TWOXXXXX.js"]);

  writeBuild(build("ONE"));
  removeLeftovers(folder, kept, {}, true);
  expect(names()).toEqual(["chunk-TWOXXXXX.js"]);
});
