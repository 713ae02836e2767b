import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
beforeEach(() => project.fault({}));
afterAll(() => project.remove());

const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const FLOAT = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c";
const HASH = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

function recorded(): Readonly<Record<string, unknown>> | undefined {
  return project.resource("trial-dev")?.outputs;
}

describe("outputs in the state", () => {
  test("assets have a hash and no marks of the SDK", async () => {
    await project.up(`
      const text = new pulumi.asset.StringAsset("x");
      exports.asset = text;
      exports.inside = [{ archive: new pulumi.asset.AssetArchive({ text }) }];
      exports.hidden = pulumi.secret(text);
      new Group("group").registerOutputs({ text });`);
    const asset = { [SIGNATURE]: ASSET, text: "x", hash: HASH };
    expect(recorded()).toMatchObject({ asset });
    expect(recorded()?.inside).toEqual([
      { archive: { [SIGNATURE]: ARCHIVE, assets: { text: asset }, hash: expect.any(String) } },
    ]);
    expect(project.resource("group")?.outputs).toEqual({ text: asset });
    expect(project.stateText).not.toContain("__pulumi");
    const { hidden } = (await project.outputs()) ?? {};
    expect(String((hidden as { reveal(): string }).reveal())).not.toContain("__pulumi");
  });

  test("infinities and NaN keep their values, in secrets and inputs too", async () => {
    const program = `
      exports.most = Infinity; exports.least = { deep: [-Infinity] }; exports.none = NaN;
      exports.hidden = pulumi.secret({ most: Infinity });
      new Thing("a", { value: Infinity });`;
    await project.up(program);
    const number = (value: string) => ({ [SIGNATURE]: FLOAT, value });
    expect(recorded()).toMatchObject({
      most: number("7ff0000000000000"),
      least: { deep: [number("fff0000000000000")] },
      none: number("7ff8000000000000"),
    });
    expect(await project.outputs()).toMatchObject({
      most: Infinity,
      least: { deep: [-Infinity] },
      none: Number.NaN,
    });
    project.calls();
    expect((await project.up(program)).changes).toEqual({ same: 2 });
    expect(project.calls()).toEqual([]);
  });
});

describe("after a failed run", () => {
  const before = 'exports.one = 1; exports.two = 2; new Thing("a", {});';

  test.each<[string, string, object, object]>([
    [
      "a program that throws keeps the old outputs",
      'exports.one = "new"; throw new Error("broken");',
      {},
      { one: 1, two: 2 },
    ],
    [
      "a failed resource keeps outputs that the program no longer has",
      'exports.one = "new"; new Thing("b", {});',
      {},
      { one: "new", two: 2 },
    ],
    [
      "a missing target keeps them too",
      'exports.one = "new"; new Thing("a", {});',
      { targets: ["urn:pulumi:dev::trial::test:index:Thing::nosuch"] },
      { one: "new", two: 2 },
    ],
    [
      "a program that fails while it exits has registered all its outputs",
      'exports.one = "new"; new Thing("a", {}); process.on("exit", () => { process.exitCode = 3; });',
      {},
      { one: "new" },
    ],
  ])("%s", async (_, program, options, outputs) => {
    await project.up(before);
    project.fault({ "create b": "fail" });
    expect((await project.up(program, options)).result).toBe("failed");
    expect(recorded()).toEqual(outputs);
  });
});

test("a stack trace names only the program, Node.js and the SDK", async () => {
  const { events, onEvent } = recorder();
  const run = await project.up(
    'try { JSON.parse("{") } catch (error) { console.log(error.stack); }\nthrow new Error("broken");',
    { onEvent },
  );
  const texts = events.flatMap(({ diagnosticEvent }) => diagnosticEvent?.message ?? []).join("\n");
  expect(run.diagnostics[0]?.message).toMatch(/Error: broken\n {4}at Object\.<anonymous> \(.*index\.js/);
  expect(texts).toContain("Module._load");
  expect(texts).not.toMatch(/data:|tenantry:preloaded|%20/);
});
