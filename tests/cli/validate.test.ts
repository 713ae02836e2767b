import { describe, expect, onTestFinished, test } from "vitest";
import type { ValidateDocument } from "../../src/cli/commands/validate.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

function folderFor(files: Readonly<Record<string, string>>): string {
  const { path, remove } = folderWith(files);
  onTestFinished(remove);
  return path;
}

async function validate(files: Readonly<Record<string, string>>, ...args: string[]) {
  const cwd = folderFor({ "stacks/demo/platform.yaml": PLATFORM, ...files });
  return tenantry(["validate", ...args], { cwd });
}

const GOOD = { "stacks/demo/orgs/acme.yaml": ORGANIZATION };
const BAD = {
  ...GOOD,
  "stacks/demo/orgs/beta.yaml": ORGANIZATION.replace("acme", "beta").replace("owner:", "ownr:"),
  "stacks/demo/orgs/gamma.yaml": ORGANIZATION.replace("acme", "gamma").concat("plan: fre\n"),
};

describe("validate", () => {
  test("prints what was checked, and exits with 0", async () => {
    const ran = await validate(GOOD);
    expect(ran).toEqual({
      exitCode: 0,
      stdout: "1 platform, 1 organization, 2 workspaces: no problems\n",
      stderr: "",
    });
  });

  test("needs no environment variables", async () => {
    const ran = await validate(GOOD, "--json");
    expect(JSON.parse(ran.stdout)).toEqual({
      ok: true,
      platforms: 1,
      organizations: 1,
      workspaces: 2,
      problems: [],
      priceChanges: [],
    });
  });

  test("lists the organizations that keep a previous price of their plan", async () => {
    const raised = PLATFORM.replace("monthly: 0 }", "monthly: 59, previously: [49.5, 39] }");
    const { exitCode, stdout } = await validate({
      ...GOOD,
      "stacks/demo/platform.yaml": raised,
      "stacks/demo/orgs/beta.yaml": ORGANIZATION.replace("acme", "beta").concat("price: 49.5\n"),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      "demo free: 59 usd a month for 1 organization; still 49.50 usd a month for beta\n",
    );
  });

  test("prints and counts every problem of every file, with its place and a caret", async () => {
    const ran = await validate(BAD);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toContain("stacks/demo/orgs/beta.yaml:4:1");
    expect(ran.stdout).toContain("ownr: ada@acme.example");
    expect(ran.stdout).toMatch(/\| \^+/);
    expect(ran.stdout).toContain("stacks/demo/orgs/gamma.yaml:6:7");
    expect(ran.stdout).toMatch(/1 platform, 3 organizations: \d+ errors\n$/);
  });

  test("prints the same problems as JSON", async () => {
    const { stdout, exitCode } = await validate(BAD, "--json");
    const document = JSON.parse(stdout) as ValidateDocument;
    expect(exitCode).toBe(1);
    expect(document.ok).toBe(false);
    expect(document.problems).toContainEqual(
      expect.objectContaining({
        severity: "error",
        place: { file: "stacks/demo/orgs/gamma.yaml", line: 6, column: 7 },
        message: expect.stringContaining("fre"),
      }),
    );
  });

  test("checks only the targets", async () => {
    expect((await validate(BAD, "demo.acme")).exitCode).toBe(0);
    expect((await validate(BAD, "stacks/demo/orgs/beta.yaml")).exitCode).toBe(1);
  });

  test("refuses a platform in a folder with a different name", async () => {
    const { stdout, exitCode } = await validate({ "stacks/other/platform.yaml": PLATFORM }, "stacks/other");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("`other`");
  });
});

test("schema prints the JSON Schema of both kinds", async () => {
  const { stdout, exitCode } = await tenantry(["schema"], { cwd: folderFor({}) });
  expect(exitCode).toBe(0);
  const schema = JSON.parse(stdout) as { $schema: string; properties: { kind: unknown } };
  expect(schema.$schema).toContain("json-schema.org");
  expect(schema.properties.kind).toEqual({ enum: ["Platform", "Organization"] });
});

// `\x9b` begins an escape sequence, like `\x1b[`.
const STEERING = ["\u001b[2J", "\u009b2J", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\u{e0041}"];

describe.each(STEERING)("a manifest with %j in a name, a key or an address", (hidden) => {
  const shown = /\\x1b\[2J|\\x9b2J|\\u\{[0-9a-f]+\}/;
  const manifest = `${ORGANIZATION}displayName: ${JSON.stringify(`Acme${hidden}gpj`)}\n"${hidden}": 1\nbilling: { email: "a${hidden}@x.example" }\n`;

  test("is refused, and the hidden character is printed as its code", async () => {
    const ran = await validate({ "stacks/demo/orgs/acme.yaml": manifest });
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout + ran.stderr).not.toContain(hidden);
    expect(ran.stdout).toContain("without control, direction or invisible characters");
    expect(ran.stdout).toMatch(shown);
  });

  test("is refused in JSON too, with the character escaped", async () => {
    const { stdout } = await validate({ "stacks/demo/orgs/acme.yaml": manifest }, "--json");
    expect(stdout).not.toContain(hidden);
    expect((JSON.parse(stdout) as ValidateDocument).ok).toBe(false);
  });
});

test("the caret is below the unknown key, even after hidden characters", async () => {
  const manifest = `${ORGANIZATION}limits: { "\u202e": 1, "\u009b": 2, nonsense: 3 }\n`;
  const { stdout } = await validate({ "stacks/demo/orgs/acme.yaml": manifest });
  const lines = stdout.split("\n");
  const caret = lines.findIndex((line) => / \^{8}$/.test(line));
  const column = lines[caret]?.indexOf("^") ?? 0;
  expect(lines[caret - 1]?.slice(column, column + 8)).toBe("nonsense");
});
