import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Step } from "../../src/changes/stack.ts";
import type { ValidateDocument } from "../../src/cli/commands/validate.ts";
import type { FleetReport } from "../../src/fleet/report.ts";
import type { StackResult } from "../../src/fleet/run.ts";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import { RECORDED } from "../../src/offline/recorded-outputs.ts";
import { tenantry } from "../cli/command-line.ts";
import { World } from "../e2e/harness.ts";
import { addCard, stripeOf } from "../e2e/stripe.ts";
import { Repository } from "../git-repository.ts";
import { PLATFORM } from "../manifest/folder.ts";
import { organizationsNamed } from "../model/arbitrary.ts";

/** Each change takes seconds, so only the fuzzer compares many: with TENANTRY_FUZZ=3000, 300. */
const fuzz = process.env.TENANTRY_FUZZ;
const CHANGES = fuzz === undefined ? 4 : Math.ceil(Number(fuzz) / 10);
const MOST_WORKSPACES = fuzz === undefined ? 1 : 2;
const NAMES = ["acme", "globex", "initech", "hooli", "wonka", "stark", "wayne", "tyrell"].slice(
  0,
  CHANGES / 2,
);

let world: World;
let before: readonly OrganizationManifest[];
const seed = Number(fc.readConfigureGlobal().seed ?? Date.now());
const draw = <T>(values: fc.Arbitrary<T>, round: number): T =>
  fc.sample(values, { numRuns: 1, seed: seed + round })[0] as T;

beforeAll(async () => {
  before = NAMES.map((name, index) => draw(organizationsNamed(name, MOST_WORKSPACES), index));
  world = await World.open(
    { "shop/platform.yaml": PLATFORM },
    { organizations: ["shop"], requestsPerMinute: 10_000, stripeRequestsPerSecond: 10_000 },
  );
  write(before);
  await mustRun("up", "--yes");
  await payEverything();
  await mustRun("up", "--yes");
  Repository.with({ ".gitignore": "sandbox/\n" }, world.folder);
}, 400_000);

afterAll(() => world?.close());

test("the changes of a plan are those of a live preview, if there is no drift", {
  timeout: 3_600_000,
}, async () => {
  for (let done = 0, round = 1; done < CHANGES; round += 1) {
    const after = before.map((manifest, index) => draw(editsOf(manifest), 1000 * round + index));
    write(after);
    const changed = await withoutInvalid(after);
    const planned = await report("plan", "--since", "main");
    const previewed = await report("preview", `--sandbox=${world.sandbox.folder}`, "--no-skip");
    const live = previewed.filter(({ outcome }) => outcome !== "unchanged");
    const kind = JSON.stringify(changed);
    expect(
      planned.map(({ stack, outcome }) => ({ stack, outcome })),
      kind,
    ).toEqual(live.map(({ stack, outcome }) => ({ stack, outcome })));
    for (const [index, result] of planned.entries())
      expect(comparable(result), kind).toEqual(agreeing(comparable(result), comparable(live[index])));
    done += changed.length;
  }
});

/** What reviewers see of a stack's changes. */
function comparable(result: StackResult | undefined) {
  const changed = (result?.changes.steps ?? []).filter(({ action }) => action !== "same");
  return {
    steps: Object.fromEntries(changed.map((step) => [step.urn, stepOf(step)])),
    outputs: result?.changes.outputs,
    summary: result?.changes.summary,
    removals: result?.changes.removals,
    // Independent resources are compared at the same time, so their order isn't fixed.
    problems: (result?.changes.problems ?? [])
      // The program repeats the warnings of manifests, which both commands print first.
      .filter(({ message }) => !message.startsWith("warning["))
      .sort((a, b) => (a.message < b.message ? -1 : 1)),
  };
}

function stepOf({ id: _id, urn: _urn, ...step }: Step): unknown {
  return step;
}

/** The live value, or the planned one where only a vendor knows the value. */
function agreeing(planned: unknown, live: unknown): unknown {
  if (planned === RECORDED && typeof live === "string") return planned;
  if (Array.isArray(planned) && Array.isArray(live))
    return live.map((each, index) => agreeing(planned[index], each));
  if (!isObject(planned) || !isObject(live)) return live;
  return Object.fromEntries(Object.entries(live).map(([key, each]) => [key, agreeing(planned[key], each)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Other manifests of an organization: some of its fields, and of its workspaces' fields, are drawn again. */
function editsOf(manifest: OrganizationManifest): fc.Arbitrary<OrganizationManifest> {
  return fc
    .tuple(
      organizationsNamed(manifest.name, MOST_WORKSPACES),
      fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
    )
    .map(([other, choices]) => {
      const isDrawn = () => choices.next().value === 0;
      // A new generation replaces everything, so it is rare.
      const generation = isDrawn() && isDrawn() ? other.generation : manifest.generation;
      const drawnAgain = mix({ ...manifest }, { ...other }, isDrawn);
      const { generation: _, ...rest } = drawnAgain;
      const mixed = generation === undefined ? rest : { ...rest, generation };
      const workspaces = mixed.workspaces;
      const kept = Object.entries(manifest.workspaces ?? {}).map(([name, workspace]) => {
        const drawn = Object.values(other.workspaces ?? {})[0] ?? {};
        return [name, mix({ ...workspace }, { ...drawn }, isDrawn)] as const;
      });
      return {
        ...mixed,
        ...(workspaces === manifest.workspaces && kept.length > 0
          ? { workspaces: Object.fromEntries(kept) }
          : {}),
      };
    });
}

function mix<T extends object>(some: T, other: T, isDrawn: () => boolean): T {
  const keys = [...new Set([...Object.keys(some), ...Object.keys(other)])];
  const entries = keys.flatMap((key) => {
    const from = isDrawn() ? other : some;
    return Object.hasOwn(from, key) ? [[key, from[key as keyof T]] as const] : [];
  });
  return Object.fromEntries(entries) as T;
}

function write(manifests: readonly OrganizationManifest[]): void {
  for (const manifest of manifests) world.write(`shop/orgs/${manifest.name}.yaml`, stringify(manifest));
}

/** Writes the former manifest in place of each invalid one. Returns the others. */
async function withoutInvalid(
  after: readonly OrganizationManifest[],
): Promise<readonly OrganizationManifest[]> {
  const { problems } = JSON.parse((await run("validate", "--json")).stdout) as ValidateDocument;
  const invalid = new Set(
    problems.flatMap(({ severity, place }) => (severity === "error" ? [place.file] : [])),
  );
  const isValid = ({ name }: OrganizationManifest) =>
    ![...invalid].some((file) => file.endsWith(`/${name}.yaml`));
  write(before.filter((manifest) => !isValid(manifest)));
  return after.filter(isValid);
}

async function report(command: string, ...args: readonly string[]): Promise<readonly StackResult[]> {
  const { stdout, stderr } = await run(command, ...args, "--json");
  const { stacks, problems } = JSON.parse(stdout) as FleetReport;
  expect(
    problems.filter(({ severity }) => severity === "error"),
    stderr,
  ).toEqual([]);
  return stacks;
}

async function mustRun(command: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await run(command, `--sandbox=${world.sandbox.folder}`, ...args);
  expect(exitCode, stdout + stderr).toBe(0);
}

function run(command: string, ...args: readonly string[]) {
  return tenantry([command, ...args], { cwd: world.folder, env: world.environment });
}

async function payEverything(): Promise<void> {
  const stripe = stripeOf(world);
  for (const { id, customer, customer_email: email } of (
    await stripe.invoices.list({ status: "open", limit: 100 })
  ).data) {
    if (customer === null) continue;
    await addCard(stripe, email ?? "");
    await stripe.invoices.pay(id ?? "");
  }
}
