import { organization } from "../harness.ts";

/** What of an organization in use is changed. */
export interface Declared {
  readonly plan: "free" | "team";
  readonly hasMember: boolean;
  /** Of the key `ci`. */
  readonly rotation: number;
  /** What its second workspace was called and, last, is. */
  readonly names: readonly string[];
  readonly state: "active" | "suspended" | "archived";
  /** How many connections, apps and cron jobs its first workspace has. */
  readonly rows: number;
}

export const BEGINNING: Declared = {
  plan: "free",
  hasMember: true,
  rotation: 0,
  names: ["second"],
  state: "active",
  rows: 0,
};

/** The next declaration after this one; after `steps` of them the next is like the first again. */
export interface Change {
  readonly steps: number;
  readonly next: (now: Declared) => Partial<Declared>;
}

const memberComesOrGoes: Change = { steps: 2, next: ({ hasMember }) => ({ hasMember: !hasMember }) };
const planUpOrDown: Change = {
  steps: 2,
  next: ({ plan }) => ({ plan: plan === "free" ? "team" : "free" }),
};
const keyIsRotated: Change = { steps: 1, next: ({ rotation }) => ({ rotation: rotation + 1 }) };
const workspaceIsRenamed: Change = {
  steps: 1,
  next: ({ names }) => ({ names: [...names, `second-${names.length}`] }),
};
const rowsAreAdded: Change = { steps: 1, next: ({ rows }) => ({ rows: rows + 1 }) };
const closesOrOpens = (closed: Declared["state"]): Change => ({
  steps: 2,
  next: ({ state }) => ({ state: state === "active" ? closed : "active" }),
});

/** One after the other. */
export const CHANGES: Readonly<Record<string, Change>> = {
  "a member is removed, and comes back": memberComesOrGoes,
  "the plan becomes a dearer one, and the old one again": planUpOrDown,
  "a key is rotated": keyIsRotated,
  "a workspace is renamed": workspaceIsRenamed,
  "a workspace is suspended, and opened again": closesOrOpens("suspended"),
  "a workspace is archived, and opened again": closesOrOpens("archived"),
  "connections, apps and cron jobs are added": rowsAreAdded,
};

/** All that an organization may have changed in one pull request. */
export const EVERYTHING: Change = {
  steps: 2,
  next: (now) => ({
    ...memberComesOrGoes.next(now),
    ...planUpOrDown.next(now),
    ...keyIsRotated.next(now),
    ...workspaceIsRenamed.next(now),
    ...closesOrOpens("archived").next(now),
    ...rowsAreAdded.next(now),
  }),
};

/** Its manifest. */
export function manifest(name: string, declared: Declared): string {
  const previously = declared.names.slice(0, -1);
  const numbered = (entry: (number: number) => string) =>
    Array.from({ length: declared.rows }, (_, number) => entry(number)).join(", ");
  const personal = [
    `apiKeys: { ci: { rotate: r${declared.rotation} } }`,
    `connections: { ${numbered((n) => `c${n}: { kind: bigquery, secret: ${name}-c${n} }`)} }`,
    `apps: { ${numbered((n) => `a${n}: { domain: a${n}.${name}.example }`)} }`,
    `cron: { ${numbered((n) => `j${n}: { schedule: "0 3 * * *", task: count }`)} }`,
  ];
  const workspaces = [
    `personal: { ${personal.join(", ")} }`,
    `${declared.names.at(-1)}: { state: ${declared.state}, compute: small, previously: [${previously.join(", ")}] }`,
  ];
  const all = organization(name, workspaces.join("\n  "))
    .replace("plan: team\n", `plan: ${declared.plan}\n`)
    .replace("trial: true\n", "displayName: One of two\n");
  return declared.hasMember ? all : all.replace(/.*member@.*\n/, "");
}
