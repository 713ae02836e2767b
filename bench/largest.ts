import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinSandbox } from "../src/fleet/sandbox.ts";
import { type Figure, rounded } from "./figure.ts";
import { type LargestChange, writeLargest } from "./manifests.ts";
import { commitAll, type Measured, measured } from "./measured.ts";
import { size } from "./size.ts";

const PEOPLE = size(1_276, 8);
const WORKSPACES = size(16, 1);
const ALL_CHANGES = ["one member leaves", "one role changes", "half of the file is lost"] as const;
const CHANGES = ALL_CHANGES.slice(0, size(ALL_CHANGES.length, 1));
/** A change, or one that is refused because it removes so many people. */
const REVIEWED = [2, 1];

/** GitHub refuses a longer comment. */
const LONGEST_COMMENT = 65_536;
const LONGEST_PAGE = 1_000_000;

/**
 * Measures reviews of changes in the largest organization that is public: the time of `plan` and of a live preview, and the
 * lengths of the comment and the page.
 */
export async function measureLargest(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  const sandbox = await joinSandbox({ folder: join(folder, "sandbox"), organizations: ["largest"] });
  const write = (change: LargestChange) =>
    writeLargest(join(folder, "stacks/largest"), PEOPLE, WORKSPACES, change);
  const run = (args: readonly string[], expected: readonly number[]) =>
    measured(join(import.meta.dirname, "../bin/tenantry"), args, {}, folder, expected);
  const live = `--sandbox=${sandbox.folder}`;
  try {
    write("none");
    await commitAll(folder, "stacks");
    const creation = await run(["preview", live], REVIEWED);
    await run(["up", "--yes", live], [0]);
    const figures: Figure[] = [];
    for (const change of CHANGES) {
      write(change);
      const plan = await run(["plan", "--since", "main"], REVIEWED);
      const forms = ["--markdown", "plan.md", "--html", "plan.html"];
      const preview = await run(["preview", "--since", "main", live, ...forms], REVIEWED);
      const lengthOf = (file: string) => readFileSync(join(folder, file), "utf8").length;
      figures.push(
        ...timesOf(change, { plan, preview, creation }),
        ...lengthsOf(change, lengthOf("plan.md"), lengthOf("plan.html")),
      );
    }
    return figures;
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true });
  }
}

const SHAPE = `among ${PEOPLE} people and ${WORKSPACES} workspaces`;

function timesOf(
  change: string,
  { plan, preview, creation }: Readonly<Record<"plan" | "preview" | "creation", Measured>>,
): Figure[] {
  const name = `${change} ${SHAPE}`;
  return [
    { name: `${name}, plan`, value: rounded(plan.seconds), unit: "s", goal: 5, better: "lower" },
    { name: `${name}, live preview`, value: rounded(preview.seconds), unit: "s", goal: 10, better: "lower" },
    {
      name: `${name}, live preview / preview of its creation`,
      value: rounded(preview.seconds / creation.seconds),
      unit: "ratio",
      goal: 1,
      better: "lower",
    },
  ];
}

function lengthsOf(change: string, comment: number, page: number): Figure[] {
  const name = `${change} ${SHAPE}`;
  return [
    { name: `${name}, comment`, value: comment, unit: "characters", goal: LONGEST_COMMENT, better: "lower" },
    { name: `${name}, page`, value: page, unit: "characters", goal: LONGEST_PAGE, better: "lower" },
  ];
}
