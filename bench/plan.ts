import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, median, rounded } from "./figure.ts";
import { writeFleet } from "./manifests.ts";
import { commitAll, type Measured, measured } from "./measured.ts";
import { size } from "./size.ts";

const ORGANIZATIONS = size(1_000, 20);
const MANIFESTS = size(10_000, 20);
const RUNS = size(5, 1);
const ONE = "customer-0";

/**
 * Measures `tenantry plan` of one changed organization among many, as a process in a git repository. The plan has to read the
 * files that changed, git's index and one stack, whatever the number of manifests: the second figure compares it with that.
 */
export async function measurePlan(): Promise<Figure[]> {
  const [one, many, most] = [await Fleet.of(1), await Fleet.of(ORGANIZATIONS), await Fleet.of(MANIFESTS)];
  try {
    const seconds: number[] = [];
    const ratios: number[] = [];
    for (let turn = 0; turn < RUNS; turn++) {
      seconds.push((await many.plan()).seconds);
      const needed = (await one.plan()).seconds + (await most.readIndex()).seconds;
      ratios.push((await most.plan()).seconds / needed);
    }
    return [
      {
        name: `plan one change among ${ORGANIZATIONS} organizations of 3 workspaces`,
        value: rounded(median(seconds)),
        unit: "s",
        goal: 2,
        better: "lower",
      },
      {
        name: `plan one change among ${MANIFESTS} manifests / planning it alone and reading git's index`,
        value: rounded(median(ratios)),
        unit: "ratio",
        goal: 1.5,
        better: "lower",
      },
    ];
  } finally {
    for (const fleet of [one, many, most]) fleet.remove();
  }
}

/** Manifests in a git repository. One of them has changed. */
class Fleet {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async of(organizations: number): Promise<Fleet> {
    const fleet = new Fleet(mkdtempSync(join(tmpdir(), "tenantry-bench-")));
    const stacks = join(fleet.#folder, "stacks/fleet");
    writeFleet(stacks, organizations);
    await commitAll(fleet.#folder, "stacks");
    const file = join(stacks, `orgs/${ONE}.yaml`);
    writeFileSync(file, readFileSync(file, "utf8").replace("role: admin", "role: member"));
    return fleet;
  }

  plan(): Promise<Measured> {
    const changes = [2];
    const command = [join(import.meta.dirname, "../bin/tenantry"), "plan", "--since", "main"];
    return measured(process.execPath, command, {}, this.#folder, changes);
  }

  readIndex(): Promise<Measured> {
    return measured("git", ["diff", "--name-only", "main"], {}, this.#folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
