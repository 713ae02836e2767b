import type {
  AccessResult,
  Person,
  Source,
  VisibleRows,
  Write,
} from "../vendors/postgres/scripts/try-access.ts";
import type { Difference } from "./difference.ts";
import { type ExpectedAccess, sourceOf, tableAccessOf } from "./expected-access.ts";

/** A caller and its expected access. */
export interface Subject {
  readonly person: Person;
  /** The id of the active organization that the caller is a member of; null for others. */
  readonly organization: string | null;
  /** The id of the organization that the caller is a member of, whatever its state. Default: `organization`. */
  readonly memberOf?: string;
  readonly admin: boolean;
  /** The ids of the workspaces that the caller can access. */
  readonly workspaces: readonly string[];
  /** Whether the caller belongs to any organization of the platform. */
  readonly customer: boolean;
  /** Whether the caller may enter the workspace. Absent in a control plane. */
  readonly enters?: boolean;
}

/** A database's access matrix: every caller × every table and function. */
export interface Matrix {
  readonly subjects: readonly Subject[];
  readonly expectedAccess: ExpectedAccess;
  /** The existing tables and views. */
  readonly tables: readonly string[];
  /** The roles that may call each function, by signature. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** Statements that insert rows for the test. */
  readonly content: readonly string[];
  /** Names of ids: `workspace production`. */
  readonly names: ReadonlyMap<string, string>;
}

/** The first caller, who reads everything to find out which rows exist. */
const POSTGRES: Person = { name: "postgres", role: null, claims: {}, mine: [] };

/** The callers, starting with the one who finds the existing rows. */
export function peopleOf({ subjects }: Matrix): Person[] {
  const mine = [...new Set(subjects.flatMap(({ person }) => person.mine))];
  return [{ ...POSTGRES, mine }, ...subjects.map(({ person }) => person)];
}

export function sourcesOf({ tables, expectedAccess }: Matrix): Source[] {
  return tables.map((table) => sourceOf(table, tableAccessOf(expectedAccess, table)));
}

/** The number of tested operations: enter, read, insert, update, delete, call, and call with hidden ids. */
export function countCells({ subjects, tables, functions }: Matrix): number {
  const entrances = subjects.filter(({ person }) => person.enter !== undefined).length;
  const signatures = Object.keys(functions);
  const hidden = subjects.reduce((sum, { person }) => sum + (person.hidden?.length ?? 0), 0);
  const served = signatures.filter((signature) => signature.startsWith("public.")).length;
  return entrances + subjects.length * (tables.length * 4 + signatures.length) + hidden * served;
}

/** The numbers of tables that a caller can read, of writes that succeed, and of functions that the caller may call. */
interface Reach {
  readonly reads: number;
  readonly writes: number;
  readonly calls: number;
}

/** The expected and the actual access of a caller. */
export interface CallerReach {
  readonly caller: string;
  readonly expected: Reach;
  readonly found: Reach;
}

/** Counts the expected and the actual access of each caller, as far as there are rows to access. */
export function reachOf(matrix: Matrix, tries: Readonly<Record<string, AccessResult>>): CallerReach[] {
  const there = tries[POSTGRES.name]?.seen ?? {};
  return matrix.subjects.map((subject) => {
    const tried = tries[subject.person.name];
    const seen = matrix.tables.map((table) => sightOf(tried?.seen[table]));
    const expectedSight = matrix.tables.map((table, index) =>
      reachable(expectedAccess(matrix, subject, table), sightOf(there[table]), seen[index] ?? NOTHING),
    );
    const callable = Object.values(matrix.functions).filter((roles) => mayCall(subject, roles));
    return {
      caller: subject.person.name,
      expected: { ...countSights(expectedSight), calls: callable.length },
      found: { ...countSights(seen), calls: tried?.functions.length ?? 0 },
    };
  });
}

const NOTHING: Sight = { mine: [], others: false, writes: [] };

function sightOf(seen: VisibleRows | undefined): Sight {
  return seen === undefined || "error" in seen ? NOTHING : seen;
}

/** The expected access, limited to rows that exist or that the caller could read. */
function reachable({ mine, others, writes }: ExpectedTableAccess, there: Sight, seen: Sight): Sight {
  const rows = mine.filter((id) => there.mine.includes(id) || seen.mine.includes(id));
  const filled = mine.some((id) => there.mine.includes(id));
  return {
    mine: rows,
    others: others && there.others,
    writes: writes.filter((write) => filled || seen.writes.includes(write)),
  };
}

function countSights(sights: readonly Sight[]): Omit<Reach, "calls"> {
  return {
    reads: sights.filter(({ mine, others }) => mine.length > 0 || others).length,
    writes: sights.reduce((sum, { writes }) => sum + writes.length, 0),
  };
}

/** The differences between the expected and the actual access of each caller. */
export function compareMatrix(matrix: Matrix, tries: Readonly<Record<string, AccessResult>>): Difference[] {
  const there = tries[POSTGRES.name]?.seen ?? {};
  const each = matrix.subjects.flatMap((subject) => {
    const { name } = subject.person;
    const tried = tries[name];
    if (tried === undefined) throw new Error(`there is no result for ${name}`);
    const differences = [
      ...entrance(subject, tried),
      ...matrix.tables.flatMap((table) => tableDifferences(matrix, subject, table, tried, there[table])),
      ...functionDifferences(matrix, subject, tried),
    ];
    return differences.map((difference) => ({ ...difference, callers: [name] }));
  });
  return together(each);
}

/** Merges equal differences of several callers. */
function together(differences: readonly (Difference & { callers: string[] })[]): Difference[] {
  const unique = new Map<string, Difference & { callers: string[] }>();
  for (const { callers, ...difference } of differences) {
    const key = JSON.stringify(difference);
    const known = unique.get(key);
    if (known === undefined) unique.set(key, { ...difference, callers });
    else known.callers.push(...callers);
  }
  return [...unique.values()];
}

function entrance({ enters }: Subject, { entered }: AccessResult): Difference[] {
  if (entered === null || (entered === "") === enters) return [];
  return [
    {
      subject: "entering",
      expected: enters ? "enters" : "is refused",
      found: entered === "" ? "enters" : `is refused (SQLSTATE ${entered})`,
    },
  ];
}

interface ExpectedTableAccess {
  readonly mine: readonly string[];
  readonly others: boolean;
  readonly writes: readonly Write[];
}

function expectedAccess({ expectedAccess }: Matrix, subject: Subject, table: string): ExpectedTableAccess {
  const { readers, writes = [] } = tableAccessOf(expectedAccess, table);
  if (readers === "customers") return { mine: [], others: subject.customer, writes: [] };
  const mine = readers === "workspace" ? subject.workspaces : ofOrganization(readers, subject);
  return { mine, others: false, writes: mine.length > 0 ? writes : [] };
}

function ofOrganization(
  readers: "memberships" | "organization" | "admins" | "nobody",
  subject: Subject,
): string[] {
  if (readers === "memberships" && subject.memberOf !== undefined) return [subject.memberOf];
  if (subject.organization === null || readers === "nobody") return [];
  return readers !== "admins" || subject.admin ? [subject.organization] : [];
}

function tableDifferences(
  matrix: Matrix,
  subject: Subject,
  table: string,
  tried: AccessResult,
  there: VisibleRows | undefined,
): Difference[] {
  const seen = tried.seen[table];
  if (seen === undefined || there === undefined || "error" in there)
    return [{ subject: table, expected: "can be tested", found: errorOf(there) }];
  if ("error" in seen) return [{ subject: table, expected: "can be read or is refused", found: seen.error }];
  const expectedSight = expectedAccess(matrix, subject, table);
  return [
    ...readDifferences(matrix, table, expectedSight, seen, there),
    ...writeDifferences(table, expectedSight, seen.writes, there.mine.length > 0),
  ];
}

function errorOf(there: VisibleRows | undefined): string {
  return there !== undefined && "error" in there ? there.error : "wasn't tested";
}

type Sight = Exclude<VisibleRows, { error: string }>;

function readDifferences(
  { names }: Matrix,
  subject: string,
  expectedSight: ExpectedTableAccess,
  seen: Sight,
  there: Sight,
): Difference[] {
  const differences: Difference[] = [];
  const called = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? id).join(", ");
  const hidden = expectedSight.mine.filter((id) => there.mine.includes(id) && !seen.mine.includes(id));
  if (hidden.length > 0)
    differences.push({ subject, expected: `reads rows of ${called(hidden)}`, found: "reads none of them" });
  const leaked = seen.mine.filter((id) => !expectedSight.mine.includes(id));
  if (leaked.length > 0)
    differences.push({ subject, expected: "reads nothing", found: `reads rows of ${called(leaked)}` });
  if (expectedSight.others && there.others && !seen.others)
    differences.push({ subject, expected: "reads its rows", found: "reads none of them" });
  if (!expectedSight.others && seen.others)
    differences.push({ subject, expected: "reads no rows of others", found: "reads rows of others" });
  return differences;
}

/** A missing write shows only if there is a row to test it with. */
function writeDifferences(
  subject: string,
  expectedSight: ExpectedTableAccess,
  found: readonly Write[],
  filled: boolean,
): Difference[] {
  const extra = found.filter((write) => !expectedSight.writes.includes(write));
  const missing = filled ? expectedSight.writes.filter((write) => !found.includes(write)) : [];
  return [
    ...extra.map((write) => ({ subject, expected: `${write} is refused`, found: `${write} succeeds` })),
    ...missing.map((write) => ({ subject, expected: `may ${write}`, found: `${write} is refused` })),
  ];
}

function functionDifferences({ functions }: Matrix, subject: Subject, tried: AccessResult): Difference[] {
  const may = (signature: string) => mayCall(subject, functions[signature]);
  const promisedTo = Object.keys(functions).filter(may);
  return [
    ...tried.told.map(({ signature, what, there, nowhere }) => ({
      subject: `function ${signature}`,
      expected: `gives the same answer for ${what} as for unknown ids: ${nowhere}`,
      found: there,
    })),
    ...tried.functions
      .filter((signature) => !may(signature))
      .map((signature) => ({
        subject: `function ${signature}`,
        expected: "is refused",
        found: "may be called",
      })),
    ...promisedTo
      .filter((signature) => !tried.functions.includes(signature))
      .map((signature) => ({
        subject: `function ${signature}`,
        expected: "may be called",
        found: "is refused",
      })),
  ];
}

function mayCall({ person }: Subject, roles: readonly string[] = []): boolean {
  return roles.includes("public") || roles.includes(person.role ?? "");
}
