import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSalt } from "../src/secrets.ts";
import { PASSPHRASE, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
afterAll(() => project.remove());

/** The configurations of the test provider, one for each start. */
function configurations(): readonly Readonly<Record<string, unknown>>[] {
  return readFileSync(join(project.world, "calls.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ call }) => call === "configure")
    .map(({ args }) => args);
}

describe("the default provider", () => {
  test("is one resource, created once and configured by the stack's settings", async () => {
    const { salt, encrypt } = await newSalt(new Secret(PASSPHRASE));
    mkdirSync(join(project.folder, "settings"));
    writeFileSync(
      join(project.folder, "settings/Pulumi.dev.yaml"),
      `encryptionsalt: ${salt}\nconfig:\n  test:region: north\n  trial:plain: 42\n  trial:token:\n    secure: ${encrypt("a configured secret")}\n`,
    );
    const run = await project.up(`
      const config = new pulumi.Config();
      new Thing("a", { value: config.requireNumber("plain") });
      new Thing("b", { value: config.requireSecret("token") });`);
    expect(run).toMatchObject({ result: "succeeded", changes: { create: 3 } });
    expect(configurations()).toEqual([{ region: "north" }]);
    expect(project.resource("default")).toMatchObject({
      type: "pulumi:providers:test",
      inputs: { region: "north" },
      outputs: { region: "north" },
    });
    expect(project.resource("a")?.inputs).toEqual({ value: 42 });
    expect(project.stateText).not.toContain("a configured secret");
    expect(
      readFileSync(join(project.world, "things", `${project.resource("b")?.id}.json`), "utf8"),
    ).toContain("a configured secret");
  });
});

describe("an explicit provider", () => {
  const body = (inputs: string, name = "mine") => `
    const provider = new Provider("${name}", ${inputs});
    new Thing("a", { value: 1 }, { provider });`;

  test("serves resources that name it, with its own inputs", async () => {
    project.calls();
    await project.up(body('{ region: "south", key: pulumi.secret("provider secret") }'));
    expect(configurations().at(0)).toMatchObject({ region: "south" });
    expect(project.resource("a")?.provider).toMatch(/::mine::[0-9a-f-]{36}$/);
    expect(project.stateText).not.toContain("provider secret");
  });

  test("is updated when its inputs change, and its resources are kept", async () => {
    project.calls();
    expect((await project.up(body('{ region: "west" }'))).changes).toEqual({ update: 1, same: 2 });
    expect(project.calls()).toEqual([]);
  });

  test("is replaced with all of its resources if it requires that", async () => {
    expect((await project.up(body('{ region: "west", account: "other" }'))).changes).toEqual({
      replace: 2,
      same: 1,
    });
    expect(project.calls()).toEqual(["create a", "delete a"]);
  });

  test("is inherited from the component", async () => {
    await project.up(`
      const provider = new Provider("given", {});
      const group = new Group("group", { providers: [provider] });
      new Thing("inside", {}, { parent: group });`);
    expect(project.resource("inside")?.provider).toContain("::given::");
  });

  test("is started from the state to delete its resources", async () => {
    expect((await project.destroy()).result).toBe("succeeded");
    expect(project.state().resources).toEqual([]);
  });
});

test("a package without a provider is refused with the fix", async () => {
  const run = await project.up(`new pulumi.CustomResource("absent:index:Thing", "a", {});`);
  expect(run.result).toBe("failed");
  expect(run.diagnostics[0]?.message).toMatch(/no provider for package absent.*plugins\.providers/s);
});

test("a running provider is shared, and isn't stopped by runs", async () => {
  const provider = spawn(project.executable, [], {
    cwd: project.folder,
    env: { ...process.env, TEST_WORLD: project.world },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(provider.stdout, "data")) as [Buffer];
  const attach = { test: `127.0.0.1:${port.toString().trim()}` };
  try {
    expect((await project.up('new Thing("a", {});', { attach })).result).toBe("succeeded");
    expect((await project.up("", { attach })).result).toBe("succeeded");
    expect(project.calls().slice(-2)).toEqual(["create a", "delete a"]);
    expect(provider.exitCode).toBeNull();
  } finally {
    provider.kill();
  }
});
