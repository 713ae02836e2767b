import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  folder = folderWith({
    "stacks/demo/platform.yaml": PLATFORM,
    "stacks/demo/orgs/acme.yaml": ORGANIZATION,
    "broken/demo/platform.yaml": PLATFORM.replace("currency:", "curency:"),
    "broken/demo/orgs/acme.yaml": ORGANIZATION,
  });
});

afterAll(() => folder.remove());

const TOKENS = { SUPABASE_ACCESS_TOKEN: "sbp_x", STRIPE_API_KEY: "sk_test_x", TENANTRY_ROOT_SECRET: "r" };
const BACKEND = { PULUMI_BACKEND_URL: "file:///tmp/none", PULUMI_CONFIG_PASSPHRASE: "" };

/** The mistake, the command line, texts in the message, and the environment. */
const MISUSE: readonly [string, string, readonly string[], Readonly<Record<string, string>>?][] = [
  ["an unknown command", "validat", ["unknown command 'validat'", "Did you mean validate?"]],
  ["an unknown option", "validate --jsn", ["unknown option '--jsn'", "--json"]],
  ["an unknown engine", "preview --engine cloud", ["Allowed choices are embedded, cli"]],
  ["a number of stacks that isn't a number", "preview --parallel many", ["whole number from 1 to 64"]],
  ["zero stacks in parallel", "preview --parallel 0", ["whole number from 1 to 64"]],
  [
    "a mistyped folder",
    "validate stacks/dem",
    ["no platform, manifest or stack", "Did you mean stacks/demo?"],
  ],
  ["a mistyped stack", "validate demo.acm", ["no organization acm on demo", "Did you mean demo.acme?"]],
  ["a missing file", "validate stacks/demo/orgs/x.yaml", ["stacks/demo/orgs/x.yaml"]],
  ["no terminal for the confirmation", "up", ["there is no terminal", "tenantry up --yes"]],
  [
    "destroying real stacks",
    "destroy --yes",
    ["only destroys the stacks of a sandbox", "--sandbox", "state: deleted", "consents"],
  ],
  ["destroying without confirmation", "destroy --sandbox", ["tenantry destroy --yes"]],
  [
    "an empty environment",
    "preview",
    [
      "SUPABASE_ACCESS_TOKEN",
      "STRIPE_API_KEY",
      "TENANTRY_ROOT_SECRET",
      "PULUMI_BACKEND_URL",
      "PULUMI_CONFIG_PASSPHRASE",
      "--sandbox",
    ],
  ],
  ["no Stripe key", "up --yes", ["STRIPE_API_KEY"], { ...TOKENS, ...BACKEND, STRIPE_API_KEY: "" }],
  ...["validate", "preview", "up --yes", "verify", "intake", "outputs", "reload", "restore x y"].map(
    (line): [string, string, readonly string[], Readonly<Record<string, string>>] => [
      "a root secret in the variable with the former name",
      line,
      ["TENANTRY_SECRET_ROOT is set", "Rename the variable to TENANTRY_ROOT_SECRET"],
      { ...TOKENS, ...BACKEND, TENANTRY_SECRET_ROOT: "r" },
    ],
  ),
  ["no backend", "up --yes", ["PULUMI_BACKEND_URL"], { ...TOKENS, PULUMI_CONFIG_PASSPHRASE: "x" }],
  ["no passphrase", "outputs", ["PULUMI_CONFIG_PASSPHRASE"], { PULUMI_BACKEND_URL: "file:///tmp/none" }],
  [
    "a passphrase in a missing file",
    "outputs",
    ["PULUMI_CONFIG_PASSPHRASE_FILE names /nowhere"],
    { PULUMI_BACKEND_URL: "file:///tmp/none", PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere" },
  ],
  ["an invalid date", "validate", ["TENANTRY_TODAY", "2026-11-22"], { TENANTRY_TODAY: "tomorrow" }],
  [
    "outputs of a stack that doesn't exist yet",
    "outputs demo.acme",
    ["demo.acme doesn't exist yet", "tenantry up demo.acme"],
    BACKEND,
  ],
];

describe("misuse exits with 1, and states the mistake and the fix", () => {
  test.each(MISUSE)("%s: tenantry %s", async (_what, line, named, env = {}) => {
    const ran = await tenantry(line.split(" "), { cwd: folder.path, env });
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toBe("");
    for (const text of named) expect(ran.stderr).toContain(text);
    expect(ran.stderr).not.toMatch(/^ {4}at /m);
  });

  test.each(MISUSE)("%s, as JSON: one document on stdout", async (_what, line, [named], env = {}) => {
    const ran = await tenantry([...line.split(" "), "--json"], { cwd: folder.path, env });
    expect(ran.exitCode).toBe(1);
    const document = JSON.parse(ran.stdout) as { ok: boolean };
    expect(document.ok).toBe(false);
    expect(JSON.stringify(document)).toContain(JSON.stringify(named).slice(1, -1));
  });

  test("a broken manifest of a platform: no stack runs, and each is in the report", async () => {
    const ran = await tenantry(["up", "--yes", "broken"], {
      cwd: folder.path,
      env: { ...TOKENS, ...BACKEND },
    });
    expect(ran.exitCode).toBe(1);
    for (const text of ["`curency`", "did you mean `currency`?", "nothing was run"])
      expect(ran.stderr).toContain(text);
    expect(ran.stdout).toMatch(/failed +demo\.platform\nnot started +demo\.acme/);
    expect(ran.stdout).toContain("broken/demo/platform.yaml:4:1: unknown key `curency`");
  });

  test("only the missing variables are named", async () => {
    const env = { ...TOKENS, PULUMI_BACKEND_URL: "file:///tmp/none" };
    const { stderr } = await tenantry(["preview"], { cwd: folder.path, env });
    expect(stderr).toContain("PULUMI_CONFIG_PASSPHRASE");
    expect(stderr).not.toContain("SUPABASE_ACCESS_TOKEN");
    expect(stderr).not.toContain("PULUMI_BACKEND_URL");
  });

  test("webhook, which has no --json, also refuses the former name of the root secret", async () => {
    const env = { ...TOKENS, ...BACKEND, TENANTRY_SECRET_ROOT: "r" };
    const { exitCode, stderr } = await tenantry(["webhook"], { cwd: folder.path, env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Rename the variable to TENANTRY_ROOT_SECRET");
  });

  test("a token is never repeated in a message", async () => {
    const env = { ...TOKENS, SUPABASE_ACCESS_TOKEN: "sbp_planted_secret" };
    const { stderr, stdout } = await tenantry(["preview"], { cwd: folder.path, env });
    expect(stderr + stdout).not.toContain("planted");
  });
});

test.each([[["--help"]], [["up", "--help"]], [["--version"]]])("%j is no error", async (args) => {
  const ran = await tenantry(args, { cwd: folder.path });
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ran.stdout).not.toBe("");
});
