import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedEngine } from "../packages/embedded-engine/src/engine.ts";
import { findPulumi } from "../src/engine/cli/pulumi.ts";
import { loadSelection } from "../src/fleet/load.ts";
import { openFleet } from "../src/fleet/open.ts";
import { joinSandbox } from "../src/fleet/sandbox.ts";
import { findTargets } from "../src/fleet/targets.ts";
import { markUpToDate } from "../src/fleet/up-to-date.ts";
import { todayOf } from "../src/shared/today.ts";
import { type Figure, median, rounded } from "./figure.ts";
import { commitAll, type Measured, measured } from "./measured.ts";
import { size } from "./size.ts";

const FLEET = size(100, 2);
const LARGE_FLEET = size(2000, 4);

const ROOT = join(import.meta.dirname, "..");
const ROUNDS = size(3, 1);
const FIRST = "customer-0";

/**
 * Measures previews: of one organization with either engine, of many unchanged ones, and of one change among very many. Only
 * one organization is created; the others are copies of its state.
 */
export async function measureFleet(): Promise<Figure[]> {
  const bench = await Fleet.open();
  try {
    await bench.grow(FLEET);
    const unchanged = await bench.timed(["preview"]);
    const figures = await comparedWithTheCli(bench, unchanged);
    await bench.grow(LARGE_FLEET);
    return [...figures, ...(await oneAmongAll(bench))];
  } finally {
    await bench.close();
  }
}

async function comparedWithTheCli(bench: Fleet, unchanged: Measured): Promise<Figure[]> {
  const memory: Figure = {
    name: `preview of ${FLEET} unchanged organizations, peak memory`,
    value: Math.round(unchanged.mebibytes),
    unit: "MiB",
    goal: 1024,
    better: "lower",
  };
  const pulumi = await findPulumi(process.env);
  if (pulumi === undefined) {
    process.stderr.write("skipped: comparisons with the Pulumi CLI, which isn't on PATH\n");
    return [memory];
  }
  const one: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const embedded = await bench.timed(["preview", "--no-skip", `fleet.${FIRST}`]);
    const cli = await bench.pulumi(pulumi);
    one.push(embedded.seconds / cli.seconds);
    const empty = await bench.emptyStack(pulumi);
    all.push((await bench.timed(["preview"])).seconds / (FLEET * empty.seconds));
  }
  return [
    ratio("preview of an unchanged organization, the embedded engine / `pulumi preview`", one, 0.5),
    ratio(
      `preview of ${FLEET} unchanged organizations / ${FLEET} × \`pulumi preview\` of an empty stack`,
      all,
      0.1,
    ),
    memory,
  ];
}

/** The preview has to read the files that changed, git's index and one stack, whatever the number of organizations. */
async function oneAmongAll(bench: Fleet): Promise<Figure[]> {
  await bench.commit();
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bench.change(`Changed in round ${round}`);
    const needed =
      (await bench.readIndex()).seconds + (await bench.timed(["preview", `fleet.${FIRST}`], [2])).seconds;
    ratios.push((await bench.timed(["preview", "--since", "main"], [2])).seconds / needed);
  }
  const name = `preview of one changed organization among ${LARGE_FLEET} / previewing it alone and reading git's index`;
  return [ratio(name, ratios, 1.5)];
}

function ratio(name: string, values: readonly number[], goal: number): Figure {
  return { name, value: rounded(median(values)), unit: "ratio", goal, better: "lower" };
}

/** A platform in a temporary folder, with its sandbox. */
class Fleet {
  readonly #folder: string;
  readonly #sandbox: Awaited<ReturnType<typeof joinSandbox>>;

  private constructor(folder: string, sandbox: Awaited<ReturnType<typeof joinSandbox>>) {
    this.#folder = folder;
    this.#sandbox = sandbox;
  }

  static async open(): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
    mkdirSync(join(folder, "stacks/fleet/orgs"), { recursive: true });
    writeFileSync(join(folder, "stacks/fleet/platform.yaml"), PLATFORM);
    const sandbox = await joinSandbox({ folder: join(folder, "sandbox"), organizations: ["fleet"] });
    const fleet = new Fleet(folder, sandbox);
    fleet.#write(0, "Customer 0");
    await fleet.timed(["up", "--yes"]);
    return fleet;
  }

  /** Adds unchanged organizations, copies of the first, up to this number. */
  async grow(organizations: number): Promise<void> {
    for (let index = 1; index < organizations; index++) {
      this.#write(index, `Customer ${index}`);
      const name = `customer-${index}`;
      for (const file of ["state/.pulumi/stacks/tenants/fleet.NAME.json", "stacks/Pulumi.fleet.NAME.yaml"])
        this.#copy(join(this.#sandbox.folder, file), name);
    }
    const env = { ...process.env, TENANTRY_STACKS: join(this.#folder, "stacks") };
    const today = todayOf(env);
    const selections = findTargets([], { cwd: this.#folder, env });
    const loaded = await Promise.all(selections.map((selection) => loadSelection(selection, today)));
    const { signal } = new AbortController();
    const sandbox = this.#sandbox.folder;
    const fleet = await openFleet(loaded, {
      ...{ cwd: this.#folder, env, today, signal, sandbox },
      ...{ engine: embeddedEngine(), reach: "vendors", onStatus: () => undefined },
    });
    for (const stack of fleet.stacks) await markUpToDate(stack, fleet.engine);
    await fleet.close();
  }

  commit(): Promise<void> {
    return commitAll(this.#folder, "stacks");
  }

  readIndex(): Promise<Measured> {
    return measured("git", ["diff", "--name-only", "main"], {}, this.#folder);
  }

  change(displayName: string): void {
    this.#write(0, displayName);
  }

  timed(args: readonly string[], expected: readonly number[] = [0]): Promise<Measured> {
    const [command = "", ...rest] = args;
    const sandboxed = command === "validate" ? [] : [`--sandbox=${this.#sandbox.folder}`];
    const env = { TENANTRY_STACKS: join(this.#folder, "stacks") };
    return measured(join(ROOT, "bin/tenantry"), [command, ...sandboxed, ...rest], env, ROOT, expected);
  }

  /** Previews the first organization with `pulumi` alone. */
  pulumi(file: string): Promise<Measured> {
    const settings = join(this.#sandbox.folder, `stacks/Pulumi.fleet.${FIRST}.yaml`);
    return this.#pulumi(file, ["preview", "--stack", `fleet.${FIRST}`, "--config-file", settings], ROOT);
  }

  #pulumi(file: string, args: readonly string[], cwd: string): Promise<Measured> {
    const env = {
      ...this.#sandbox.env,
      TENANTRY_STACKS: join(this.#folder, "stacks"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    return measured(file, [...args, "--non-interactive"], env, cwd);
  }

  /** Previews a stack whose program declares nothing. */
  async emptyStack(file: string): Promise<Measured> {
    const folder = join(this.#folder, "empty");
    if (!existsSync(folder)) {
      mkdirSync(folder);
      writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\nmain: index.js\n");
      writeFileSync(join(folder, "index.js"), "");
      writeFileSync(join(folder, "package.json"), "{}");
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      await this.#pulumi(file, ["stack", "init", "empty"], folder);
    }
    return this.#pulumi(file, ["preview", "--stack", "empty"], folder);
  }

  async close(): Promise<void> {
    await this.#sandbox.stop();
    rmSync(this.#folder, { recursive: true });
  }

  #write(index: number, displayName: string): void {
    const text = ORGANIZATION.replaceAll("NAME", `customer-${index}`).replace("TITLE", displayName);
    writeFileSync(join(this.#folder, `stacks/fleet/orgs/customer-${index}.yaml`), text);
  }

  #copy(file: string, name: string): void {
    const text = readFileSync(file.replace("NAME", FIRST), "utf8");
    writeFileSync(file.replace("NAME", name), text.replaceAll(FIRST, name));
  }
}

const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: fleet
currency: usd
supabase: { organization: fleet, region: us-east-1, compute: micro }
plans:
  free:
    price: { monthly: 0 }
    credits: { data: 100 }
    entitlements: { workspaces: 3 }
defaultPlan: free
wallets:
  data: { credit: { price: 0.01 } }
security: { network: { allow: [198.51.100.0/24] } }
`;

const ORGANIZATION = `apiVersion: tenantry/v1
kind: Organization
name: NAME
displayName: TITLE
plan: free
owner: owner@NAME.example
members:
  - { email: admin@NAME.example, role: admin }
  - { email: one@NAME.example, role: member, workspaces: [production] }
workspaces:
  personal: {}
  production: { cron: { nightly: { schedule: "0 3 * * *", task: "rebuild the index" } } }
`;
