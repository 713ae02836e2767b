import type { PropertyChange } from "../../../changes/property-change.ts";
import { formatValue } from "../../../shared/format.ts";
import { ALWAYS, type Claim, type Draft, IF_DECLARED } from "../../claim.ts";
import { type Entry, fieldOf, type Reading } from "../../reading.ts";
import { personDraft, personKey } from "../people.ts";
import { fieldClaims, inParentheses, ownerKey, partOfOwner, thingClaims, transition } from "../say.ts";
import { unmanagedClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";

/** The key of a change of the plan, which Stripe's subscription and the control plane both have. */
export const PLAN_KEY = JSON.stringify(["plan"]);
/** The key of the trial, which the subscription declares and the organization's row records. */
export const TRIAL_KEY = JSON.stringify(["trial"]);
/** The key of the state of the organization, which its record and the guard both have. */
export const STATE_KEY = JSON.stringify(["state of the organization"]);
/** The key of the state of the organization's subscription. */
export const BILLING_KEY = JSON.stringify(["billing"]);

export const organization: Words = {
  noun: "record of the organization",

  claims: (reading) => [
    ...lifecycle(reading),
    ...stateClaims(reading),
    ...reading.entries("members").map((entry) => memberClaim(reading, entry)),
    ...thingClaims(reading, {
      property: "invitations",
      subject: "invitations",
      noun: "invitation of",
      verbs: { added: "adds", removed: "withdraws" },
      lost: true,
    }).map(nounFixed),
    ...reading.entries("wallets").map((entry) => walletClaim(reading, entry)),
    ...renaming(reading),
    ...plan(reading),
    ...limits(reading),
    ...fieldClaims(reading, [
      { property: "displayName", subject: "organizations", label: "the organization's name" },
      { property: "billingEmail", subject: "billing", label: "the address for invoices" },
      { property: "llmProvider", subject: "settings", label: "the LLM provider" },
    ]),
    ...unmanagedClaims(reading, ["members", "invitations", "wallets"]),
    ...mirrors(reading),
  ],
};

function lifecycle(reading: Reading): Claim[] {
  const { step } = reading;
  if (reading.isNew) {
    const [name, plan] = [reading.text("displayName"), reading.text("plan")];
    const said = name === undefined ? "" : ` ${JSON.stringify(name)}`;
    return [
      {
        key: ownerKey(null),
        draft: {
          subject: "organizations",
          action: "added",
          text: `creates the organization${said}${plan === undefined ? "" : ` on the plan ${plan}`}`,
        },
        changes: [],
      },
    ];
  }
  if (!reading.isRemoved) return [];
  return [
    {
      key: ownerKey(null),
      draft: {
        subject: "organizations",
        action: "removed",
        text: `removes the organization ${String(reading.at("name")?.before ?? step.name)}; its ledger and its trial are kept`,
        danger: "data",
      },
      changes: [],
    },
  ];
}

/** The key of a new name, which other resources repeat. */
const NAME_KEY = JSON.stringify(["name of the organization"]);

function renaming(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  const change = reading.at("name");
  const first = reading.of("firstName").map((each) => ({
    key: reading.key(each.path),
    partOf: [NAME_KEY],
    changes: [each],
  }));
  if (change === undefined) return first;
  return [
    ...first,
    {
      key: NAME_KEY,
      draft: {
        subject: "organizations",
        action: "changed",
        text: `renames the organization: ${transition(change)}`,
      },
      changes: [change],
    },
  ];
}

const STATES: Readonly<Record<string, Pick<Draft, "action" | "text" | "danger">>> = {
  active: { action: "activated", text: "opens the organization again", danger: "access" },
  suspended: {
    action: "suspended",
    text: "suspends the organization: nobody can use it; its data is kept",
  },
  archived: { action: "archived", text: "archives the organization" },
  deleted: { action: "removed", text: "deletes the organization", danger: "data" },
};

function stateClaims(reading: Reading): Claim[] {
  const change = reading.isNew || reading.isRemoved ? undefined : reading.at("state");
  if (change === undefined) return [];
  // A record that an earlier version wrote has no state.
  const isUnchanged = change.kind === "add" && change.after === "active";
  const known: Pick<Draft, "action" | "text" | "danger"> | undefined = isUnchanged
    ? { action: "changed", text: "records that the organization is active" }
    : STATES[String(change.after)];
  const draft: Draft = {
    subject: "organizations",
    ...(known ?? { action: "changed", text: `changes the state of the organization: ${transition(change)}` }),
  };
  return [{ key: STATE_KEY, draft, changes: [change] }];
}

function memberClaim(reading: Reading, entry: Entry): Claim {
  const draft = personDraft(entry, reading.isNew);
  const { name: email, changes } = entry;
  if (draft !== undefined) return { key: personKey(email), draft, besides: ALWAYS, changes };
  const [change] = changes;
  return {
    key: JSON.stringify(["person's account", email]),
    draft: {
      subject: "people",
      action: "changed",
      text: `changes the account of ${email}${change === undefined ? "" : `: ${transition(change)}`}`,
    },
    besides: IF_DECLARED,
    changes,
  };
}

/** "adds the invitation of ada@…" reads badly, as "adds 3 invitation ofs" does. */
function nounFixed(claim: Claim): Claim {
  const { draft } = claim;
  if (draft?.item === undefined || draft.joined === undefined) return claim;
  const said = inParentheses(draft.item.note ?? "");
  const texts: Partial<Record<Draft["action"], string>> = {
    added: `invites ${draft.item.name}${said}`,
    removed: `withdraws the invitation of ${draft.item.name}${said}`,
  };
  const isAdmin = draft.action === "added" && said.includes("role: admin");
  return {
    ...claim,
    draft: {
      ...draft,
      text: texts[draft.action] ?? draft.text,
      joined: { ...draft.joined, noun: "invitation" },
      ...(isAdmin ? { danger: "access" } : {}),
    },
  };
}

function walletClaim(reading: Reading, entry: Entry): Claim {
  const { name, changes, kind } = entry;
  const whole = changes.every(({ segments }) => segments.length <= 2);
  return {
    key: reading.key("wallet", name),
    draft: whole && kind !== "update" ? walletDraft(entry) : reloadDraft(name, changes),
    besides: IF_DECLARED,
    changes,
  };
}

function walletDraft({ name, kind, before, after }: Entry): Draft {
  const reload = fieldOf(kind === "add" ? after : before, "autoReload");
  const said = reload === undefined ? "" : `auto-reload ${formatValue(reload)}`;
  return {
    subject: "wallets",
    action: kind === "add" ? "added" : "removed",
    text: `${kind === "add" ? "adds" : "stops managing"} the wallet ${name}${inParentheses(said)}`,
    joined: { verb: kind === "add" ? "adds" : "stops managing", noun: "wallet" },
    item: { name, note: said },
    // The wallet buys credits by itself.
    ...(kind === "add" && reload !== undefined ? { danger: "money" } : {}),
  };
}

function reloadDraft(name: string, changes: readonly PropertyChange[]): Draft {
  const fields = changes.map((change) => {
    const field = change.segments.slice(3).join(" › ");
    return field === "" ? transition(change) : `${field}: ${transition(change)}`;
  });
  return {
    subject: "wallets",
    action: "changed",
    text: `changes the auto-reload of the wallet ${name}: ${fields.join(", ")}`,
    ...(changes.some(spendsMore) ? { danger: "money" } : {}),
  };
}

/** Whether a wallet may buy more than before. */
function spendsMore({ kind, segments, before, after }: PropertyChange): boolean {
  if (kind === "delete") return segments.at(-1) === "monthlyCap";
  if (kind === "add") return segments.at(-1) !== "monthlyCap";
  return Number(after) > Number(before);
}

function plan(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  const changed = reading.at("plan");
  const declared: Claim[] =
    changed === undefined
      ? []
      : [
          {
            key: PLAN_KEY,
            draft: {
              subject: "plans",
              action: "changed",
              text: `changes the plan: ${transition(changed)}`,
              danger: "money",
            },
            besides: IF_DECLARED,
            changes: [changed],
          },
        ];
  const force = reading.at("planInForce");
  if (force === undefined) return declared;
  return [
    ...declared,
    {
      key: JSON.stringify(["plan in force"]),
      partOf: [PLAN_KEY, BILLING_KEY],
      draft: {
        subject: "limits",
        action: "changed",
        text: `changes the plan whose limits are in force: ${transition(force)}`,
      },
      besides: IF_DECLARED,
      changes: [force],
    },
  ];
}

/** Limits follow from the plan and its overrides. */
function limits(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  const overrides = reading.of("overrides");
  const told: Claim[] = overrides.map((change) => ({
    key: reading.key(change.path),
    draft: {
      subject: "limits",
      action: "changed",
      text: `changes the limit ${change.segments.slice(1).join(" › ") || "overrides"}: ${transition(change)}`,
    },
    besides: IF_DECLARED,
    changes: [change],
  }));
  const lapsed = reading.at("lapsedLimits");
  if (lapsed !== undefined)
    told.push({
      key: reading.key("lapsedLimits"),
      draft: {
        subject: "limits",
        action: "changed",
        text: `applies the plan's limits again where an override has expired: ${transition(lapsed)}`,
      },
      besides: IF_DECLARED,
      changes: [lapsed],
    });
  const followed = reading.of("limits", "planLimits");
  if (followed.length === 0) return told;
  return [
    ...told,
    {
      key: JSON.stringify(["limits"]),
      partOf: [PLAN_KEY, ...told.map(({ key }) => key), BILLING_KEY],
      draft: {
        subject: "limits",
        action: "changed",
        text: `changes the limits: ${limitsText(followed)}`,
      },
      besides: IF_DECLARED,
      changes: followed,
    },
  ];
}

function limitsText(changes: readonly PropertyChange[]): string {
  const texts = changes.map((change) => {
    const name = change.segments.slice(1).join(" › ");
    return name === "" ? transition(change) : `${name}: ${transition(change)}`;
  });
  return [...new Set(texts)].join(", ");
}

/** Fields that repeat what other resources declare. */
function mirrors(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return [
    ...partOfOwner(reading, "stripeCustomer"),
    ...reading.of("trial").map((change) => ({
      key: reading.key(change.path),
      partOf: [TRIAL_KEY],
      draft: {
        subject: "billing" as const,
        action: "changed" as const,
        text: change.kind === "delete" ? "no longer declares the trial" : "records the trial",
      },
      changes: [change],
    })),
    ...reading.of("stripeSubscription", "subscriptionStatus").map((change) => ({
      key: reading.key(change.path),
      partOf: [BILLING_KEY, PLAN_KEY, ownerKey(null)],
      changes: [change],
    })),
    ...workspaceMirrors(reading),
    ...reading.entries("unmanagedApps").map(({ name, changes }) => ({
      key: reading.key("unmanagedApps", name),
      partOf: [JSON.stringify([reading.workspaceWith(name), "unmanaged", "apps"])],
      changes,
    })),
  ];
}

/** The organization's row repeats its workspaces and their apps, by the workspaces' ids. */
function workspaceMirrors(reading: Reading): Claim[] {
  return reading.of("apps", "workspaces").map((change) => {
    const workspace = reading.workspaceWith(change.segments[1] ?? "");
    const apps = [...namesIn(change.before), ...namesIn(change.after)];
    return {
      key: reading.key(change.path),
      partOf: [
        ownerKey(workspace),
        JSON.stringify([workspace, "name"]),
        ...apps.map((app) => JSON.stringify([workspace, "apps", app])),
        ownerKey(null),
      ],
      changes: [change],
    };
  });
}

/** The names of apps in a list, or in an entry that has such a list. */
function namesIn(value: unknown): string[] {
  const list = Array.isArray(value) ? value : (fieldOf(value, "names") ?? fieldOf(value, "domainApps"));
  return Array.isArray(list) ? list.map(String) : [];
}
