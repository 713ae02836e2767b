import { isRecord, recordOf } from "@tenantry/core/is-record";
import type { ResourceView } from "@tenantry/embedded-engine/interface";
import type { Identity } from "../model/identity.ts";
import { isTemporaryName } from "../shared/temporary-name.ts";
import { currentType } from "../shared/type-token.ts";
import { recordedOfType } from "./recorded.ts";
import { livingWorkspaces } from "./removals.ts";

const ROW = "tenantry:control-plane:Organization";
const GUARD = "tenantry:control-plane:Guard";

/** The ids of the organizations that a stack records: one, and its earlier generations. */
export function recordedOrganizations(recorded: readonly ResourceView[]): ReadonlySet<string> {
  return new Set(
    recorded.flatMap(({ type, inputs }) => {
      const id =
        currentType(type) === ROW
          ? inputs.organizationId
          : currentType(type) === GUARD
            ? inputs.organization
            : isRecord(inputs.brand)
              ? inputs.brand.id
              : undefined;
      return typeof id === "string" ? [id] : [];
    }),
  );
}

/**
 * The names of the organization that a stack records, the oldest first, as far as it records them: its first name, that of its row,
 * and that of the stack.
 *
 * @param name the last part of the stack's name
 */
export function recordedNames(name: string, recorded: readonly ResourceView[]): string[] {
  const row = rowOf(recorded);
  const names = [row.firstName, row.name].filter((each) => typeof each === "string");
  // A stack has a temporary name while two organizations swap theirs.
  const all = isTemporaryName(name) && names.length > 0 ? names : [...names, name];
  return all.filter((each, index) => each !== all[index + 1]);
}

/** The inputs of the latest generation's row. */
function rowOf(recorded: readonly ResourceView[]): ResourceView["inputs"] {
  return recordedOfType(recorded, "control-plane:Organization").at(-1)?.inputs ?? {};
}

/** The identity of the organization that a stack records. */
export function recordedIdentity(recorded: readonly ResourceView[]): Identity {
  const row = rowOf(recorded);
  const members = Object.entries(recordOf(row.members));
  const owner = members.find(([, member]) => isRecord(member) && member.role === "owner")?.[0];
  const workspaces = recordedOfType(recorded, "control-plane:Workspace");
  return {
    owner,
    people: new Set(members.map(([email]) => email)),
    workspaces: new Set(livingWorkspaces(recorded)),
    unique: new Set(workspaces.flatMap(({ inputs }) => uniqueOf(inputs))),
    billingEmail: typeof row.billingEmail === "string" ? row.billingEmail : undefined,
  };
}

function uniqueOf({ apps, email, slack }: Readonly<Record<string, unknown>>): string[] {
  const domains = Object.values(recordOf(apps)).flatMap((app) =>
    isRecord(app) && typeof app.domain === "string" ? [app.domain] : [],
  );
  return [
    ...domains,
    ...(typeof email === "string" ? [email] : []),
    ...(isRecord(slack) ? [`${String(slack.team)}/${String(slack.channel)}`] : []),
  ];
}
