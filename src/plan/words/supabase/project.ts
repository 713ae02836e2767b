import { type Claim, type Draft, IF_DECLARED } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { fieldClaims, ownerKey, rederivedClaims, transition } from "../say.ts";
import type { Words } from "../words.ts";

/** A project is what a workspace costs and holds, so its changes are those of the workspace. */
export const project: Words = {
  noun: "project",

  claims: (reading) => [
    ...lifecycle(reading),
    ...fieldClaims(reading, [
      {
        property: "compute",
        subject: "databases",
        label: "the size of the database",
        besides: IF_DECLARED,
        danger: "money",
      },
    ]),
    ...rest(reading),
    ...rederivedClaims(reading, "the database passwords"),
  ],
};

function lifecycle(reading: Reading): Claim[] {
  const { workspace } = reading;
  const draft = draftOf(reading);
  const changes = reading.isNew || reading.isRemoved ? [] : reading.of("state", "consent", "region");
  if (draft === undefined) return [];
  return [{ key: ownerKey(workspace), draft, changes }];
}

function draftOf(reading: Reading): Draft | undefined {
  const { step, workspace } = reading;
  const what = workspace === null ? "control plane" : "workspace";
  const subject = workspace === null ? "databases" : "workspaces";
  const also = workspace === null ? [] : ([["databases", "added"]] as const);
  if (step.action === "replace") return replaced(reading, what);
  if (reading.isNew) {
    if (reading.text("state") === "deleted") return recorded(what);
    const place = [reading.text("region"), reading.text("compute")].filter(Boolean).join(", ");
    return { subject, action: "added", text: `creates the ${what}${place && ` in ${place}`}`, also };
  }
  if (reading.isRemoved) {
    if (reading.at("state")?.before === "deleted") return forgotten(what);
    return deleted(reading, what);
  }
  const state = reading.at("state");
  return state === undefined
    ? undefined
    : stateDraft(reading, String(state.before), String(state.after), what);
}

function replaced(reading: Reading, what: string): Draft {
  const region = reading.at("region");
  return {
    subject: "databases",
    action: "removed",
    danger: "data",
    text: `deletes the database of the ${what} with all its rows and creates an empty one${region === undefined ? "" : `: ${transition(region)}`}`,
    also: [["databases", "added"]],
  };
}

function recorded(what: string): Draft {
  return {
    subject: "workspaces",
    action: "forgotten",
    text: `records the ${what} as deleted; if its project still exists, it is deleted`,
    danger: "data",
  };
}

function forgotten(what: string): Draft {
  return {
    subject: "workspaces",
    action: "forgotten",
    text: `removes the record of the deleted ${what}; no data is deleted`,
  };
}

/** The number of rows is added to the text (src/plan/rows.ts). */
function deleted(reading: Reading, what: string): Draft {
  const before = reading.at("state")?.before;
  const archive = before === "archived" ? "archived before" : "no archive";
  return {
    subject: reading.workspace === null ? "databases" : "workspaces",
    action: "removed",
    danger: "data",
    text: `deletes the ${what} and its database (${archive})`,
    also: reading.workspace === null ? [] : [["databases", "removed"]],
  };
}

const ACTIONS = { active: "activated", suspended: "suspended", archived: "archived" } as const;

function stateDraft(reading: Reading, before: string, after: string, what: string): Draft {
  if (after === "deleted") {
    const consent = reading.at("consent")?.after;
    return {
      ...deleted(reading, what),
      ...(consent === undefined ? {} : { details: reading.of("consent") }),
    };
  }
  const texts: Readonly<Record<string, string>> = {
    active: `opens the ${what} again (was ${before})`,
    suspended: `suspends the ${what}: nobody can enter it; its data is kept`,
    archived: `archives the ${what}: its rows are archived, and its project is paused`,
  };
  return {
    subject: "workspaces",
    action: ACTIONS[after as keyof typeof ACTIONS] ?? "changed",
    text: texts[after] ?? `changes the state of the ${what}: ${before} → ${after}`,
    ...(after === "active" ? { danger: "access" as const } : {}),
  };
}

/** A change of the name follows from a rename; a consent alone changes nothing. */
function rest(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return reading.of("name").map((change) => ({
    key: reading.key("project name"),
    partOf: [ownerKey(reading.workspace), reading.key("name")],
    changes: [change],
  }));
}
