import { organization } from "../harness.ts";

/** The parts of an organization that change. */
export interface Declared {
  readonly plan: "free" | "team";
  readonly hasMember: boolean;
  /** The label of the key `ci`. */
  readonly rotation: number;
  /** The names of its second workspace; the last one is the current name. */
  readonly names: readonly string[];
  readonly state: "active" | "suspended" | "archived";
  /** The state of the organization. */
  readonly life: "active" | "suspended" | "archived" | "deleted";
  readonly generation: number;
  /** The number of connections, apps and cron jobs in its first workspace. */
  readonly rows: number;
}

export const BEGINNING: Declared = {
  plan: "free",
  hasMember: true,
  rotation: 0,
  names: ["second"],
  state: "active",
  life: "active",
  generation: 1,
  rows: 0,
};

/** The next declaration. After `steps` of them, the first one follows again. */
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

const livesOrRests = (closed: Declared["life"]): Change => ({
  steps: 2,
  next: ({ life }) => ({ life: life === "active" ? closed : "active" }),
});
/** Deletes the organization, and creates its next generation. */
export const DELETED_AND_BACK: Change = {
  steps: 2,
  next: ({ life, generation }) =>
    life === "active" ? { life: "deleted" } : { life: "active", generation: generation + 1 },
};

/** Combines changes one after the other. */
export const CHANGES: Readonly<Record<string, Change>> = {
  "a member is removed, and comes back": memberComesOrGoes,
  "the plan becomes a dearer one, and the old one again": planUpOrDown,
  "a key is rotated": keyIsRotated,
  "a workspace is renamed": workspaceIsRenamed,
  "a workspace is suspended, and opened again": closesOrOpens("suspended"),
  "a workspace is archived, and opened again": closesOrOpens("archived"),
  "connections, apps and cron jobs are added": rowsAreAdded,
  "the organization is suspended, and active again": livesOrRests("suspended"),
  "the organization is archived, and active again": livesOrRests("archived"),
  "the organization is deleted, and comes back": DELETED_AND_BACK,
};

/** Everything that one pull request can change. */
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

/** The organization's manifest. */
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
    `${declared.names.at(-1)}: { ${stateOf(declared)}compute: small, previously: [${previously.join(", ")}] }`,
  ];
  const all = organization(name, workspaces.join("\n  "))
    .replace(
      "plan: team\n",
      `plan: ${declared.plan}\nstate: ${declared.life}\ngeneration: ${declared.generation}\n`,
    )
    .replace("trial: true\n", "displayName: One of two\n");
  const complete = declared.life === "deleted" ? all + consentTo(name, declared.generation) : all;
  return declared.hasMember ? complete : complete.replace(/.*member@.*\n/, "");
}

/** A workspace of a deleted organization has no other state. */
function stateOf({ life, state }: Declared): string {
  return life === "deleted" ? "" : `state: ${state}, `;
}

function consentTo(name: string, generation: number): string {
  const deleted = generation === 1 ? name : `${name}@${generation}`;
  return `consents: [{ delete: ${deleted}, reason: left, approvedBy: owner@${name}.example, expires: 2999-12-31 }]\n`;
}
