import { describe, expect, test } from "vitest";
import { loadPlatform } from "../../src/repository/load.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";

const TODAY = "2026-11-22";

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly name: string;
  /** Lines of acme's manifest from line 5 on, or whole files. */
  readonly given: string | Files;
  /** `rule line:column message → remedy`; warnings begin with `warning`. */
  readonly want: readonly unknown[];
}

const RAISED = PLATFORM.replace("monthly: 49 }", "monthly: 49, previously: [39] }");
const consentTo = (thing: string) =>
  `consents: [{ delete: ${thing}, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }]\n`;
const removing = (removal: string, expires = "2026-12-01") =>
  `  - { remove: ${removal}, reason: r, approvedBy: a@b.example, expires: ${expires} }\n`;
const platformConsents = (consents: string) => ({ "platform.yaml": `${PLATFORM}consents:\n${consents}` });
const securedBy = (security: string) => ({
  "platform.yaml": PLATFORM.replace(/^security: .*$/m, `security: ${security}`),
});
/** The platform with a second version of `team`. */
const VERSIONED = PLATFORM.replace(
  /^ {2}big: /m,
  "  team@2: { price: { monthly: 59 }, entitlements: { workspaces: 5, seats: 4, customDomains: 2 } }\n$&",
);
const versioned = (version: string) => ({
  "platform.yaml": VERSIONED.replace(/^ {2}team@2: .*$/m, `  ${version}`),
});
const THREE = "workspaces: { a: {}, b: {}, c: {} }\n";

/** The manifest of an organization of `team`, with more lines. */
const named = (name: string, more = "") => `${HEAD.replace("acme", name)}plan: team\n${more}`;

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "plan and limits": [
    { name: "use within the plan", given: `plan: team\n${THREE}`, want: [] },
    {
      name: "too many workspaces, with the cheapest plan that fits and the override",
      given: THREE,
      want: [
        "workspaces-within-plan 5:1 the plan `free` allows 1 workspace, and there are 3 → move to the plan `team`, ask for `limits: { workspaces: { value: 3, reason: …, approvedBy: …, expires: 2027-11-22 } }`, or set `state: deleted` on 2 of a, b, c",
      ],
    },
    {
      name: "the proposed plan fits the whole use, not only the exceeded limit",
      given: `${THREE}members:\n${"bcdef".replace(/./g, "  - { email: $&@acme.example, role: admin }\n")}`,
      want: [
        expect.stringMatching(/^workspaces-within-plan 5:1 .* → move to the plan `big`,/),
        expect.stringMatching(
          /^seats-within-plan 6:1 the plan `free` allows 1 seat, and there are 6 → move to the plan `big`,/,
        ),
      ],
    },
    {
      name: "deleted workspaces don't count",
      given: `plan: team\nworkspaces: { a: {}, b: {}, c: {}, d: { state: deleted } }\n${consentTo("acme/d")}`,
      want: [],
    },
    {
      name: "an override lifts its limit",
      given:
        "workspaces: { a: {}, b: {} }\nlimits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2026-12-22 } }\n",
      want: [],
    },
    {
      name: "an override that expires within 30 days",
      given:
        "workspaces: { a: {}, b: {} }\nlimits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2026-12-21 } }\n",
      want: [
        "warning override-holds 6:84 the override of `workspaces` expires on 2026-12-21; after that day the plan's limit of 1 applies: the 2 in use stay, and no more can be added → have it approved again with a later date, or remove it and stay within the plan",
      ],
    },
    {
      name: "an override on its last day, within the plan's limit",
      given:
        "limits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2026-11-22 } }\n",
      want: [
        expect.stringMatching(
          /^warning override-holds 5:84 the override of `workspaces` expires on 2026-11-22; after that day the plan's limit of 1 applies →/,
        ),
      ],
    },
    {
      name: "an expired override keeps what it allowed",
      given:
        "workspaces: { a: {}, b: {} }\nlimits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2026-11-21 } }\n",
      want: [
        "warning override-holds 6:84 the override of `workspaces` has expired; after that day the plan's limit of 1 applies: the 2 in use stay, and no more can be added → have it approved again with a later date, or remove it and stay within the plan",
      ],
    },
    {
      name: "more than an expired override allowed",
      given:
        "workspaces: { a: {}, b: {}, c: {} }\nlimits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2026-11-21 } }\n",
      want: [
        expect.stringMatching(
          /^workspaces-within-plan 5:1 the plan `free` allows 1 workspace, and there are 3 /,
        ),
        expect.stringMatching(/^warning override-holds 6:84 the override of `workspaces` has expired; /),
      ],
    },
    {
      name: "an expired override of per-workspace access",
      given: `members: [{ email: b@acme.example, role: member, workspaces: [personal] }]
limits:
  seats: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2027-12-01 }
  perWorkspaceAccess: { value: true, reason: pilot, approvedBy: a@b.example, expires: 2026-11-21 }
`,
      want: [
        "warning override-holds 8:87 the override of `perWorkspaceAccess` has expired; after that day it stays in effect until it is removed, because its end changes who enters which workspace → have it approved again with a later date, or remove it and stay within the plan",
      ],
    },
    {
      name: "more than an override allows",
      given:
        "workspaces: { a: {}, b: {}, c: {} }\nlimits: { workspaces: { value: 2, reason: pilot, approvedBy: a@b.example, expires: 2027-12-01 } }\n",
      want: [
        expect.stringMatching(
          /^workspaces-within-plan 5:1 the override allows 2 workspaces, and there are 3 /,
        ),
      ],
    },
    {
      name: "an override below the plan, which should be removed",
      given:
        "plan: team\nworkspaces: { a: {}, b: {} }\nlimits: { workspaces: { value: 1, reason: pilot, approvedBy: a@b.example, expires: 2026-12-01 } }\n",
      want: [
        "workspaces-within-plan 6:1 the override allows 1 workspace, and there are 2 → remove the override, which allows less than `team`, or set `state: deleted` on 1 of a, b",
        "warning override-lifts 7:32 the override of `workspaces` has no effect: the plan `team` has 3 → remove the override",
      ],
    },
    {
      name: "overrides of limits that the plan doesn't have",
      given:
        "plan: team\nlimits:\n  rpm: { value: 9, reason: pilot, approvedBy: a@b.example, expires: 2026-12-01 }\n  perWorkspaceAccess: { value: true, reason: pilot, approvedBy: a@b.example, expires: 2026-12-01 }\n",
      want: [
        "warning override-lifts 8:32 the override of `perWorkspaceAccess` has no effect: the plan `team` has it → remove the override",
        "warning override-lifts 7:17 the override of `rpm` has no effect: the plan `team` has no limit → remove the override",
      ],
    },
    {
      name: "a downgrade, with the names of everything that could be removed",
      given: `members:
  - { email: b@acme.example, role: admin }
  - { email: c@acme.example, role: admin }
workspaces:
  a: { apps: { shop: { domain: shop.acme.example }, blog: { domain: blog.acme.example } } }
  b: {}
`,
      want: [
        expect.stringMatching(/^workspaces-within-plan 8:1 .*, or set `state: deleted` on 1 of a, b$/),
        expect.stringMatching(/^seats-within-plan 5:1 .*, or remove all of b@acme.example, c@acme.example$/),
        expect.stringMatching(
          /^custom-domains-within-plan 8:1 .*, or remove all of shop.acme.example, blog.acme.example$/,
        ),
      ],
    },
    {
      name: "an expired override",
      given: "limits: { rpm: { value: 9, reason: pilot, approvedBy: a@b.example, expires: 2026-11-21 } }\n",
      want: [
        "warning override-holds 5:77 the override of `rpm` has expired; after that day the plan applies, which has no limit → have it approved again with a later date, or remove it and stay within the plan",
      ],
    },
    {
      name: "invitations count as seats until they expire",
      given:
        "invitations:\n  - { email: b@acme.example, role: admin, expires: 2026-11-22 }\n  - { email: c@acme.example, role: admin, expires: 2026-11-21 }\n",
      want: [
        expect.stringMatching(/^seats-within-plan 5:1 the plan `free` allows 1 seat, and there are 2 /),
        expect.stringMatching(/^warning invitation-expired 7:52 /),
      ],
    },
    {
      name: "a claim token for an unknown or deleted workspace",
      given:
        "plan: team\nworkspaces: { prod: {} }\nclaimTokens: { a: { role: member, workspace: prd, expires: 2026-12-01 } }\n",
      want: ["claim-token-workspace 7:46 there is no workspace `prd` → did you mean `prod`?"],
    },
    {
      name: "a claim token for an admin and one workspace",
      given:
        "plan: team\nworkspaces: { prod: {} }\nclaimTokens: { a: { role: admin, workspace: prod, expires: 2026-12-01 } }\n",
      want: [expect.stringMatching(/^claim-token-admin 7:34 the claim token `a` gives the role admin/)],
    },
    {
      name: "an expired claim token",
      given: "plan: team\nclaimTokens: { a: { role: member, expires: 2026-11-21 } }\n",
      want: [expect.stringMatching(/^warning claim-token-expired 6:44 /)],
    },
    {
      name: "a claim token for a member, in different case",
      given:
        "plan: team\nmembers: [{ email: b@acme.example, role: admin }]\nclaimTokens: { a: { role: admin, email: B@acme.example, expires: 2026-12-01 } }\n",
      want: [
        expect.stringMatching(
          /^warning claim-token-of-member 7:41 the claim token `a` is for B@acme.example, who already belongs to/,
        ),
      ],
    },
    {
      name: "more custom domains than the plan allows",
      given: "workspaces: { a: { apps: { x: { domain: x.acme.example }, y: {} } } }\n",
      want: [
        expect.stringMatching(
          /^custom-domains-within-plan 5:1 the plan `free` allows 0 custom domains, and there are 1 → move to the plan `team`,/,
        ),
      ],
    },
    {
      name: "grants on a plan without per-workspace access",
      given:
        "limits: { seats: { value: 5, reason: pilot, approvedBy: a@b.example, expires: 2027-12-01 } }\nmembers: [{ email: b@acme.example, role: member, workspaces: [personal] }]\n",
      want: [
        "per-workspace-access-in-plan 6:50 the plan `free` has no per-workspace access: every member reaches every workspace → move to the plan `team`, ask for `limits: { perWorkspaceAccess: { value: true, reason: …, approvedBy: …, expires: 2027-11-22 } }`, or remove `workspaces`",
      ],
    },
    {
      name: "an unknown plan",
      given: "plan: teem\n",
      want: ["known-plan 5:7 there is no plan `teem` → did you mean `team`?"],
    },
    {
      name: "keeping a previous price, and naming the current one",
      given: {
        "platform.yaml": RAISED,
        "orgs/acme.yaml": `${HEAD}plan: team\nprice: 39\n`,
        "orgs/beta.yaml": `${HEAD.replace("acme", "beta")}plan: team\nprice: 49\n`,
      },
      want: [],
    },
    {
      name: "a price that the plan never had",
      given: { "platform.yaml": RAISED, "orgs/acme.yaml": `${HEAD}plan: team\nprice: 29.5\n` },
      want: [
        "price-of-plan 6:8 the plan `team` has never cost 29.5 → remove `price` to pay 49, or add 29.5 to the plan's `price.previously`",
      ],
    },
    {
      name: "a price of a plan by contract",
      given: {
        "platform.yaml": PLATFORM.replace("big: { price: { monthly: 499.5 }, ", "big: { "),
        "orgs/acme.yaml": `${HEAD}plan: big\nprice: 39\n`,
      },
      want: ["price-of-plan 6:8 the plan `big` is agreed by contract and has no price → remove `price`"],
    },
    {
      name: "a trial of another plan",
      given: "trial: true\n",
      want: [
        "trial-of-plan 5:8 the platform's trial is for the plan `team`, but this organization is on `free` → set `plan: team`, or remove `trial`",
      ],
    },
    {
      name: "a trial on a platform without one",
      given: {
        "platform.yaml": PLATFORM.replace(/trial: .*\n/, ""),
        "orgs/acme.yaml": `${HEAD}trial: true\n`,
      },
      want: [
        "trial-of-plan 5:8 the platform `shop` has no trial → remove `trial`, or add a `trial` to the platform",
      ],
    },
  ],
  people: [
    {
      name: "the owner among the members, in different case",
      given: "plan: team\nmembers: [{ email: ADA@acme.example, role: admin }]\n",
      want: [
        "owner-is-no-member 6:20 the owner ada@acme.example is also listed as a member → remove the entry from `members`; the owner reaches everything",
      ],
    },
    {
      name: "e-mail addresses that differ only in case",
      given:
        "plan: team\nmembers:\n  - { email: b@acme.example, role: admin }\n  - { email: B@Acme.example, role: admin }\n",
      want: [
        "one-entry-per-person 8:14 B@Acme.example is in `members` twice, the other time as b@acme.example → remove one of the two entries",
      ],
    },
    {
      name: "an invitation of a member",
      given:
        "plan: team\nmembers: [{ email: b@acme.example, role: admin }]\ninvitations: [{ email: b@Acme.example, role: admin, expires: 2026-12-31 }]\n",
      want: [
        "invited-are-no-members 7:24 b@Acme.example is invited but already belongs to the organization → remove the invitation",
      ],
    },
    {
      name: "a grant to an admin",
      given: "plan: team\nmembers: [{ email: b@acme.example, role: admin, workspaces: [] }]\n",
      want: [
        "admins-reach-all 6:49 b@acme.example is an admin, and admins reach every workspace → remove `workspaces`, or change the role to `member`",
      ],
    },
    {
      name: "a member without grants, unless the list is empty",
      given:
        "plan: team\nmembers:\n  - { email: b@acme.example, role: member }\n  - { email: c@acme.example, role: member, workspaces: [] }\n",
      want: [
        "warning member-without-workspace 7:5 the workspaces of b@acme.example aren't managed: what exists stays, and a new member gets none → add `workspaces: [production]`, or `workspaces: []` for none",
      ],
    },
    {
      name: "a grant of an unknown workspace",
      given: "plan: team\nmembers: [{ email: b@acme.example, role: member, workspaces: [personel] }]\n",
      want: ["known-workspace 6:63 there is no workspace `personel` → did you mean `personal`?"],
    },
  ],
  "versions of a plan": [
    {
      name: "organizations on both versions, and a trial of either",
      given: {
        "platform.yaml": VERSIONED,
        "orgs/acme.yaml": `${HEAD}plan: team\ntrial: true\n`,
        "orgs/beta.yaml": `${HEAD.replace("acme", "beta")}plan: team@2\ntrial: true\n`,
      },
      want: [],
    },
    {
      name: "a version that was removed while an organization is on it",
      given: "plan: team@2\n",
      want: ["known-plan 5:7 there is no plan `team@2` → did you mean `team`?"],
    },
    {
      name: "the first version with its number",
      given: "plan: team@1\n",
      want: [expect.stringMatching(/^\S+ 5:7 /)],
    },
    {
      name: "the limits of one's own version, with the newest version that fits",
      given: {
        "platform.yaml": VERSIONED,
        "orgs/acme.yaml": `${HEAD}plan: team\nworkspaces: { a: {}, b: {}, c: {}, d: {} }\n`,
      },
      want: [
        expect.stringMatching(
          /^workspaces-within-plan 6:1 the plan `team` allows 3 workspaces, and there are 4 → move to the plan `team@2`, /,
        ),
      ],
    },
    {
      name: "a price of another version",
      given: {
        "platform.yaml": VERSIONED,
        "orgs/acme.yaml": `${HEAD}plan: team@2\nprice: 49\n`,
      },
      want: [expect.stringMatching(/^price-of-plan 6:8 the plan `team@2` has never cost 49 → /)],
    },
    {
      name: "a display name of a later version",
      given: versioned(
        "team@2: { displayName: New, price: { monthly: 9 }, entitlements: { workspaces: 1 } }",
      ),
      want: [
        "display-name-of-plan 9:26 `team@2` is a version of `team` and shares its display name → set `displayName` on `team`",
      ],
    },
    {
      name: "a trial of a version of another plan",
      given: versioned(
        "big@2: { price: { monthly: 9 }, entitlements: { workspaces: 1 }, trial: { days: 7 } }",
      ),
      want: ["trial-of-version 9:68 the platform's trial is for the plan `team`, not for `big` → remove it"],
    },
    {
      name: "a trial of a version with an unknown wallet",
      given: versioned(
        "team@2: { price: { monthly: 9 }, entitlements: { workspaces: 1 }, trial: { days: 7, credits: { date: 1 } } }",
      ),
      want: [expect.stringMatching(/^known-wallet 9:\d+ there is no wallet `date` → did you mean `data`\?$/)],
    },
    {
      name: "a trial with a free version",
      given: versioned("team@2: { price: { monthly: 0 }, entitlements: { workspaces: 1 } }"),
      want: [expect.stringMatching(/^priced-trial-plan 12:16 the trial's plan `team@2` has no price /)],
    },
    {
      name: "a trial that names a version",
      given: {
        "platform.yaml": VERSIONED.replace("trial: { plan: team,", 'trial: { plan: "team@2",'),
      },
      want: [expect.stringMatching(/^\S+ 12:16 /)],
    },
  ],
  "keys at the wrong place, and lifecycle": [
    {
      name: "keys of a workspace on the organization",
      given: "connections: { x: { kind: pg, secret: s } }\ncron: {}\ndomain: acme.example\n",
      want: [
        "unknown-key 5:1 unknown key `connections` → it belongs to `workspaces.<name>`: move it there",
        "unknown-key 6:1 unknown key `cron` → it belongs to `workspaces.<name>`: move it there",
        "unknown-key 7:1 unknown key `domain` → it belongs to `workspaces.<name>.apps.<name>`: move it there",
      ],
    },
    {
      name: "keys of the organization on a workspace",
      given: "workspaces:\n  a:\n    plan: team\n    wallets: {}\n    llmProvider: { kind: hosted }\n",
      want: [
        "unknown-key 7:5 unknown key `plan` in `workspaces.a` → it belongs to the top of the manifest: move it there",
        "unknown-key 8:5 unknown key `wallets` in `workspaces.a` → it belongs to the top of the manifest: move it there",
        "unknown-key 9:5 unknown key `llmProvider` in `workspaces.a` → it belongs to the top of the manifest: move it there",
      ],
    },
  ],
  "renamed organizations": [
    {
      name: "a renamed organization, twice, and one with its first name again",
      given: { "orgs/inc.yaml": named("inc", "previously: [acme, inc, corp]\n") },
      want: [],
    },
    {
      name: "two that swap their names",
      given: {
        "orgs/acme.yaml": named("acme", "previously: [beta]\n"),
        "orgs/beta.yaml": named("beta", "previously: [acme]\n"),
      },
      want: [],
    },
    {
      name: "a new customer with the name of a renamed one, with and without a generation",
      given: {
        "orgs/acme.yaml": named("acme", "generation: 2\n"),
        "orgs/inc.yaml": named("inc", "previously: [acme]\n"),
        "orgs/late.yaml": named("late"),
        "orgs/old.yaml": named("old", "generation: 2\npreviously: [late, later]\n"),
      },
      want: [
        "name-used-again 3:7 the name `late` belonged to `old` before, and ids are derived from first names → add `generation: 3` to this new customer, or choose another name",
        "name-used-again 7:14 `late` is the name of another organization → if it was renamed to `old`, delete late.yaml; if late.yaml is a new customer, add `generation: 3` to it; otherwise remove `previously`",
      ],
    },
    {
      name: "two that were the same organization",
      given: {
        "orgs/one.yaml": named("one", "previously: [acme]\n"),
        "orgs/two.yaml": named("two", "previously: [acme]\n"),
      },
      want: [
        "name-used-again 6:14 `acme` is a previous name of `two` too, in the same generation → correct `previously` in one of the two",
        "name-used-again 6:14 `acme` is a previous name of `one` too, in the same generation → correct `previously` in one of the two",
      ],
    },
    {
      name: "its own name as the one before it, and a name twice in a row",
      given: { "orgs/acme.yaml": named("acme", "previously: [inc, inc, acme]\n") },
      want: [
        "previously-in-order 6:14 `inc` can't be the name before `inc` → remove it from `previously`",
        "previously-in-order 6:24 `acme` can't be the name before `acme` → remove it from `previously`",
      ],
    },
    {
      name: "a previous name in upper case",
      given: { "orgs/inc.yaml": named("inc", "previously: [Acme]\n") },
      want: ["value 6:14 `previously[0]` is invalid → undefined"],
    },
  ],
  workspaces: [
    {
      name: "a new workspace with the previous name of another",
      given: "plan: team\nworkspaces:\n  old: {}\n  new: { previously: [old] }\n",
      want: [
        "path-used-once 7:3 the name `old` previously belonged to `new`, and ids are derived from names → add `generation: 2` to `old`, or choose another name",
      ],
    },
    {
      name: "a previous name of another workspace with a higher generation",
      given: "plan: team\nworkspaces:\n  old: { generation: 2 }\n  new: { previously: [old] }\n",
      want: [],
    },
    {
      name: "a workspace with its own name in `previously`",
      given: "workspaces: { a: { previously: [a] } }\n",
      want: [
        "previously-another 5:33 `a` can't be a previous name of `a` here → remove it from `previously`",
      ],
    },
    {
      name: "an expired throwaway workspace",
      given: "workspaces: { spike: { expires: 2026-11-21 } }\n",
      want: [
        "warning throwaway-expired 5:33 the throwaway workspace `spike` has expired → set `state: archived`, or set a later date",
      ],
    },
    {
      name: "copies of unknown connections, of other organizations, and in a circle",
      given:
        "plan: team\nworkspaces:\n  a: { connections: { db: { kind: pg, secret: acme-s }, x: { cloneOf: b/x } } }\n  b: { connections: { x: { cloneOf: a/x }, y: { cloneOf: a/bd }, z: { cloneOf: elsewhere/db } } }\n",
      want: [
        "clone-has-origin 7:71 `b/x` is a copy without an original → set `kind` and `secret` on one of them",
        "clone-has-origin 8:37 `a/x` is a copy without an original → set `kind` and `secret` on one of them",
        "clone-has-origin 8:58 there is no connection `a/bd` in this organization → did you mean `a/db`?",
        "clone-has-origin 8:80 there is no connection `elsewhere/db` in this organization → name one of them",
      ],
    },
    {
      name: "connections with neither or both of settings and original",
      given:
        "workspaces: { a: { connections: { x: { kind: pg }, y: {}, z: { kind: pg, cloneOf: a/x } } } }\n",
      want: [
        "connection-complete 5:35 the connection `x` is incomplete → add `secret`",
        "connection-complete 5:52 the connection `y` is incomplete → add `kind`",
        "connection-complete 5:59 the connection `z` has both `cloneOf` and its own settings → remove either `kind` and `secret`, or `cloneOf`",
      ],
    },
    ...[
      ["every minute", "* * * * *"],
      ["names", "0 9 * JAN-MAR MON-FRI"],
    ].map(([name, schedule]) => ({
      name: `the schedule ${name}`,
      given: `workspaces: { a: { cron: { x: { schedule: "${schedule}", task: t } } } }\n`,
      want: [],
    })),
    ...[
      ["four fields", "0 3 * *"],
      ["six fields", "0 0 3 * * *"],
      ["a 61st minute", "61 * * * *"],
      ["the 31st of February", "0 0 31 2 *"],
      ["words", "every night"],
    ].map(([name, schedule]) => ({
      name: `the schedule of ${name}`,
      given: `workspaces: { a: { cron: { x: { schedule: "${schedule}", task: t } } } }\n`,
      want: [expect.stringMatching(/^cron-schedule 5:43 the schedule isn't a valid cron expression: /)],
    })),
    {
      name: "a custom domain under the platform's own",
      given: "plan: team\nworkspaces: { a: { apps: { x: { domain: X.Shop.example. } } } }\n",
      want: [
        "domain-is-custom 6:41 `x.shop.example` is under the platform's own `shop.example` → remove it: the app already has a URL there",
      ],
    },
    {
      name: "deletion without consent",
      given: `plan: team\nworkspaces: { a: { state: deleted }, b: { state: deleted } }\n${consentTo("acme/b")}`,
      want: [
        "deletion-needs-consent 6:27 the deletion of `acme/a` has no consent → have it approved: `consents: [{ delete: acme/a, reason: …, approvedBy: …, expires: … }]`, or set `state: archived`",
      ],
    },
    {
      name: "deletion of a later generation, with a consent for an earlier one",
      given: `plan: team\nworkspaces: { a: { state: deleted, generation: 2 } }\n${consentTo("acme/a")}`,
      want: [
        "deletion-needs-consent 6:27 the deletion of `acme/a@2` has no consent → have it approved: `consents: [{ delete: acme/a@2, reason: …, approvedBy: …, expires: … }]`, or set `state: archived`",
        "warning consent-names-deletion 7:22 the consent to delete `acme/a` is about an earlier generation, and doesn't allow deleting `acme/a@2` → remove the consent; to delete `acme/a@2`, have that approved",
      ],
    },
    {
      name: "deletion of a later generation, with its consent",
      given: `plan: team\nworkspaces: { a: { state: deleted, generation: 2 } }\n${consentTo("acme/a@2")}`,
      want: [],
    },
    {
      name: "deletion of an organization's later generation, with a consent for an earlier one",
      given: `plan: team\nstate: deleted\ngeneration: 3\nworkspaces: { a: {} }\n${consentTo("acme@2")}`,
      want: [
        expect.stringMatching(/^deletion-needs-consent 6:8 the deletion of `acme@3` has no consent /),
        expect.stringMatching(/^warning consent-names-deletion 9:22 the consent to delete `acme@2` is about/),
      ],
    },
    {
      name: "deletion of an organization's later generation, with its consent",
      given: `plan: team\nstate: deleted\ngeneration: 2\nworkspaces: { a: {} }\n${consentTo("acme@2")}`,
      want: [],
    },
    {
      name: "deletion of a workspace that an earlier generation of the organization had too",
      given: `plan: team\ngeneration: 2\nworkspaces: { a: { state: deleted } }\n${consentTo("acme/a")}`,
      want: [
        expect.stringMatching(/^deletion-needs-consent 7:27 the deletion of `acme@2\/a` has no consent /),
        expect.stringMatching(
          /^warning consent-names-deletion 8:22 the consent to delete `acme\/a` is about/,
        ),
      ],
    },
    {
      name: "consents to the deletion of what stays, and of a generation that doesn't exist",
      given: `plan: team
workspaces: { a: { state: archived } }
consents:
  - { delete: acme/a, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
  - { delete: acme, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
  - { delete: acme/a@2, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
`,
      want: [
        "consent-names-deletion 10:15 `acme/a@2` doesn't exist in this organization → correct the name, or remove the consent",
        "warning consent-names-deletion 8:15 the consent names `acme/a`, which stays → remove the consent, or set `state: deleted` to delete `acme/a`",
        "warning consent-names-deletion 9:15 the consent names `acme`, which stays → remove the consent, or set `state: deleted` to delete `acme`",
      ],
    },
    {
      name: "deletion of an organization needs one consent, and none for its workspaces",
      given: `plan: team\nstate: deleted\nworkspaces: { a: { state: deleted } }\n${consentTo("acme")}`,
      want: [],
    },
    {
      name: "deletion of an organization with a consent for one workspace",
      given: `plan: team\nstate: deleted\nworkspaces: { a: {} }\n${consentTo("acme/a")}`,
      want: [expect.stringMatching(/^deletion-needs-consent 6:8 the deletion of `acme` has no consent /)],
    },
    {
      name: "workspaces that are to outlive their organization",
      given: `plan: team\nstate: deleted\nworkspaces:\n  a: {}\n  b: { state: active }\n  c: { state: archived }\n${consentTo("acme")}`,
      want: [
        "deleted-with-organization 9:15 the workspace `b` would be deleted with its organization `acme` → remove it to delete `b` too, or set `state: archived` on the organization",
        "deleted-with-organization 10:15 the workspace `c` would be deleted with its organization `acme` → remove it to delete `c` too, or set `state: archived` on the organization",
      ],
    },
    {
      name: "workspaces of organizations that aren't active, but aren't deleted either",
      given: "plan: team\nstate: suspended\nworkspaces: { a: { state: active }, b: { state: archived } }\n",
      want: [],
    },
    {
      name: "archives before and after their date, and a date without an archive",
      given:
        "plan: team\nworkspaces:\n  a: { state: archived, keepUntil: 2026-11-22 }\n  b: { state: archived, keepUntil: 2026-11-21 }\n  c: { keepUntil: 2026-12-31 }\n",
      want: [
        "archive-kept 9:8 the workspace `c` isn't archived, but `keepUntil` only applies to archives → set `state: archived`, or remove `keepUntil` (`expires` marks a throwaway)",
        "warning archive-kept 8:36 the archive of `b` is past its retention date → set `state: deleted` with a consent for `acme/b`, or set a later date",
      ],
    },
    {
      name: "consents for unknown names, and an expired one",
      given: `plan: team
workspaces: { a: { state: deleted } }
consents:
  - { delete: acme/b, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
  - { delete: other, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
  - { delete: acme/a, reason: r, approvedBy: a@b.example, expires: 2026-11-01 }
`,
      want: [
        "consent-names-deletion 8:15 `acme/b` doesn't exist in this organization → correct the name, or remove the consent",
        "consent-names-deletion 9:15 `other` doesn't exist in this organization → correct the name, or remove the consent",
        "warning consent-names-deletion 10:68 the consent to delete `acme/a` has expired → have it approved again with a later date; if it is already deleted, remove both",
      ],
    },
  ],
  consents: [
    {
      name: "consents to removals that the manifest contains",
      given: `plan: team
members: [{ email: bob@acme.example, role: member, workspaces: [b] }]
workspaces: { a: { state: archived }, b: {} }
consents:
${removing("{ members: [Eve@acme.example], apiKeys: [b/ci, gone/ci], workspaces: [a], domains: [shop.acme.example] }")}${removing("{ connections: [b/hub], owner: bob@acme.example, subscription: big }")}`,
      want: [],
    },
    {
      name: "what a consent names and the manifest still declares",
      given: `plan: team
members: [{ email: bob@acme.example, role: admin }]
workspaces: { b: { apiKeys: { ci: {} }, connections: { hub: { kind: hub, secret: acme-hub } }, apps: { x: { domain: shop.acme.example } } } }
consents:
${removing("{ members: [Bob@acme.example, ADA@acme.example], apiKeys: [b/ci], workspaces: [b] }")}${removing("{ domains: [Shop.acme.example.], connections: [b/hub], owner: bob@acme.example, subscription: team }")}`,
      want: [
        "warning consent-names-removal 9:27 the consent names `Bob@acme.example`, which stays → remove `Bob@acme.example` from the consent, or from `members`",
        "warning consent-names-removal 9:45 the consent names `ADA@acme.example`, which stays → remove `ADA@acme.example` from the consent, or from `owner`",
        "warning consent-names-removal 9:74 the consent names `b/ci`, which stays → remove `b/ci` from the consent, or from `workspaces.b.apiKeys`",
        "warning consent-names-removal 9:94 the consent names `b`, which stays → remove `b` from the consent, or from `workspaces`, active",
        "warning consent-names-removal 10:27 the consent names `Shop.acme.example.`, which stays → remove `Shop.acme.example.` from the consent, or from `workspaces.b.apps.x`",
        "warning consent-names-removal 10:62 the consent names `b/hub`, which stays → remove `b/hub` from the consent, or from `workspaces.b.connections`",
        "warning consent-names-removal 10:77 the consent names `bob@acme.example`, which stays → remove `bob@acme.example` from the consent, or from `members`, as admin",
        "warning consent-names-removal 10:109 the consent names `team`, which stays → remove `team` from the consent, or from `plan`",
      ],
    },
    {
      name: "consents that have expired, that say nothing, and that say two things",
      given: `consents:
${removing("{ members: [eve@acme.example] }", "2026-11-21")}${removing("{}")}${removing("{ members: [] }")}  - { reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
  - { delete: acme, remove: { members: [eve@acme.example] }, reason: r, approvedBy: a@b.example, expires: 2026-12-01 }
`,
      want: [
        "consent-says-one-thing 7:5 the consent says nothing → name what may go, or remove the consent",
        "consent-says-one-thing 8:5 the consent says nothing → name what may go, or remove the consent",
        "consent-says-one-thing 9:5 the consent says nothing → name what may go, or remove the consent",
        "consent-says-one-thing 10:5 the consent says two things → write a consent for each",
        "warning consent-names-deletion 10:15 the consent names `acme`, which stays → remove the consent, or set `state: deleted` to delete `acme`",
        "warning consent-names-removal 6:93 the consent has expired → have it approved again with a later date; if everything in it is done, remove the consent",
      ],
    },
    {
      name: "consents of a platform",
      given: platformConsents(
        `  - { weaken: [workspace/public.chats], reason: r, approvedBy: a@b.example, expires: 2026-11-21 }\n  - { weaken: [], reason: r, approvedBy: a@b.example, expires: 2026-12-01 }\n${removing("{ webhook: https://shop.example/stripe }")}`,
      ),
      want: [
        "consent-says-one-thing 17:5 the consent says nothing → name what may go, or remove the consent",
        "warning consent-names-removal 16:86 the consent has expired → have it approved again with a later date; if everything in it is done, remove the consent",
      ],
    },
    {
      name: "a consent to the removal of a webhook that stays",
      given: {
        "platform.yaml": `${PLATFORM}stripe: { webhook: { url: https://shop.example/stripe } }\nconsents:\n${removing("{ webhook: https://shop.example/stripe }")}`,
      },
      want: [
        "warning consent-names-removal 17:26 the consent names `https://shop.example/stripe`, which stays → remove `https://shop.example/stripe` from the consent, or from `stripe.webhook`",
      ],
    },
  ],
  "what the platform offers": [
    {
      name: "an unknown wallet",
      given: "wallets: { dat: {} }\n",
      want: ["known-wallet 5:12 there is no wallet `dat` → did you mean `data`?"],
    },
    ...(
      [
        ["below: 5", "5:20", "the reload of `data` has no amount → add `add: 2000` or `upTo: 5000`"],
        ["below: 5, add: 5, upTo: 9", "5:20", "the reload of `data` has two amounts → remove one of the two"],
        [
          "below: 5, upTo: 5",
          "5:50",
          "a reload below 5 up to 5 would buy nothing → raise `upTo` above `below`",
        ],
        [
          "below: 5, add: 9, monthlyCap: 8",
          "5:64",
          "one reload of 9 credits exceeds the monthly cap → raise `monthlyCap`, or lower the reload",
        ],
        [
          "below: 95, upTo: 100",
          "5:51",
          "a reload of 5 credits costs 0.05 usd, and Stripe charges no less than 0.50 → set `upTo` to 145 or more",
        ],
        [
          "below: 0, add: 1",
          "5:49",
          "a reload of 1 credit costs 0.01 usd, and Stripe charges no less than 0.50 → set `add` to 50 or more",
        ],
      ] as const
    ).map(([settings, place, text]) => ({
      name: `a reload of ${settings}`,
      given: `wallets: { data: { autoReload: { ${settings} } } }\n`,
      want: [`auto-reload ${place} ${text}`],
    })),
    {
      name: "a model provider without its key",
      given: "llmProvider: { kind: anthropic }\n",
      want: [
        "llm-provider-key 5:1 models of `anthropic` need a key → add `apiKey: { secret: <name> }`, or set `kind: hosted`",
      ],
    },
    {
      name: "a model provider that the platform doesn't offer",
      given: {
        "platform.yaml": `${PLATFORM}llmProviders: [hosted, anthropic]\n`,
        "orgs/acme.yaml": `${HEAD}llmProvider: { kind: antropic, apiKey: { secret: acme-x } }\n`,
      },
      want: ["known-llm-provider 5:22 there is no LLM provider `antropic` → did you mean `anthropic`?"],
    },
    {
      name: "a key for hosted models",
      given: "llmProvider: { kind: hosted, apiKey: { secret: acme-x } }\n",
      want: [
        "llm-provider-key 5:30 the platform's own models need no key → remove `apiKey`, or name the model provider in `kind`",
      ],
    },
    {
      name: "features that the platform doesn't offer",
      given: {
        "platform.yaml": `${PLATFORM}features: [apps]\n`,
        "orgs/acme.yaml": `${HEAD}plan: team\nllmProvider: { kind: hosted }\nworkspaces: { a: { apiKeys: {}, apps: { x: { domain: a.example } } } }\n`,
      },
      want: [
        "feature-of-platform 6:1 the platform `shop` has no `llmProvider` → remove it, or add `llmProvider` to the platform's `features`",
        "feature-of-platform 7:20 the platform `shop` has no `apiKeys` → remove it, or add `apiKeys` to the platform's `features`",
        "feature-of-platform 7:46 the platform `shop` has no `customDomains` → remove it, or add `customDomains` to the platform's `features`",
      ],
    },
  ],
  "the fleet": [
    {
      name: "domains and addresses of two organizations, in different case",
      given: {
        "orgs/acme.yaml": `${HEAD}plan: team\nworkspaces: { a: { email: in@x.example, apps: { x: { domain: a.example } } } }\n`,
        "orgs/beta.yaml": `${HEAD.replace("name: acme", "name: beta")}plan: team\nworkspaces: { a: { email: IN@x.example, apps: { y: { domain: A.example. } } } }\n`,
      },
      want: [
        "unique-custom-domain 6:62 the custom domain `a.example` is used twice → remove one of the two",
        "unique-workspace-email 6:27 the workspace e-mail address `in@x.example` is used twice → remove one of the two",
        "unique-custom-domain 6:62 the custom domain `a.example` is used twice → remove one of the two",
        "unique-workspace-email 6:27 the workspace e-mail address `in@x.example` is used twice → remove one of the two",
      ],
    },
    {
      name: "unique values that one organization uses twice",
      given: `plan: team
workspaces:
  a: { slack: { team: T01, channel: C01 }, apps: { x: { domain: a.example } } }
  b: { slack: { team: T01, channel: C01 }, apps: { x: { domain: a.example } } }
  c: { slack: { team: T02, channel: C01 } }
`,
      want: [
        "unique-custom-domain 7:65 the custom domain `a.example` is used twice → remove one of the two",
        "unique-custom-domain 8:65 the custom domain `a.example` is used twice → remove one of the two",
        "unique-slack-channel 7:15 the Slack channel `T01/C01` is used twice → remove one of the two",
        "unique-slack-channel 8:15 the Slack channel `T01/C01` is used twice → remove one of the two",
      ],
    },
    {
      name: "a secret that its organization uses twice, and another one uses too",
      given: {
        "orgs/acme.yaml": `${HEAD}plan: team\nworkspaces: { a: { connections: { x: { kind: pg, secret: acme-db }, y: { kind: pg, secret: acme-db } } } }\n`,
        "orgs/beta.yaml": `${HEAD.replace("name: acme", "name: beta")}llmProvider: { kind: anthropic, apiKey: { secret: acme-db } }\n`,
      },
      want: [
        "secret-of-one-organization 5:51 the secret `acme-db` belongs to another organization → name a secret of `beta`, such as `beta-db`, or list it under `secrets` in the platform's manifest, with a reason",
      ],
    },
    {
      name: "a reserved secret, and one without an owner in its name",
      given:
        "llmProvider: { kind: anthropic, apiKey: { secret: root } }\nworkspaces: { a: { connections: { x: { kind: pg, secret: db } } } }\n",
      want: [
        "secret-of-one-organization 5:51 `root` is reserved for tenantry's own secrets → name a secret of `acme`, such as `acme-root`",
        "secret-of-one-organization 6:58 the name of the secret `db` doesn't say which organization it belongs to → rename it to `acme-db`, or list it under `secrets` in the platform's manifest, with a reason",
      ],
    },
    {
      name: "a secret that the platform lists for two organizations",
      given: {
        "platform.yaml": `${PLATFORM}secrets: { pool: { organizations: [acme, beta], reason: one contract for both } }\n`,
        "orgs/acme.yaml": `${HEAD}llmProvider: { kind: anthropic, apiKey: { secret: pool } }\n`,
        "orgs/beta.yaml": `${HEAD.replace("name: acme", "name: beta")}llmProvider: { kind: anthropic, apiKey: { secret: pool } }\n`,
        "orgs/gamma.yaml": `${HEAD.replace("name: acme", "name: gamma")}llmProvider: { kind: anthropic, apiKey: { secret: pool } }\n`,
      },
      want: [
        "secret-of-one-organization 5:51 the secret `pool` belongs to another organization → name a secret of `gamma`, such as `gamma-pool`, or list it under `secrets` in the platform's manifest, with a reason",
      ],
    },
  ],
  "the platform": [
    {
      name: "unknown plans and wallets",
      given: {
        "platform.yaml": PLATFORM.replace("defaultPlan: free", "defaultPlan: fre").replace(
          "trial: { plan: team, days: 14, credits: { data: 100 } }",
          "trial: { plan: gold, days: 14, credits: { date: 100 } }",
        ),
      },
      want: [
        "known-plan 10:14 there is no plan `fre` → did you mean `free`?",
        "known-plan 11:16 there is no plan `gold` → name one of them",
        "known-wallet 11:43 there is no wallet `date` → did you mean `data`?",
      ],
    },
    {
      name: "previous prices that repeat the current one or each other, or have too many decimals",
      given: { "platform.yaml": RAISED.replace("[39]", "[49, 39, 39, 9.999]") },
      want: [
        "whole-prices 8:58 a price in usd has at most 2 decimals → round it",
        "previous-price-another 8:46 49 can't be a previous price of `team` here → remove it from `previously`",
        "previous-price-another 8:54 39 can't be a previous price of `team` here → remove it from `previously`",
      ],
    },
    {
      name: "prices that can't be charged in a currency, and a credit with too many decimals",
      given: {
        "platform.yaml": RAISED.replace("currency: usd", "currency: kwd")
          .replace("[39]", "[39.125, 99999999]")
          .replace("credit: { price: 0.01 }", "credit: { price: 0.0000000000000001 }"),
      },
      want: [
        "whole-prices 8:46 a price in kwd has at most 2 decimals → round it",
        "whole-prices 8:54 a price in kwd is at most 99999.99 → lower it",
        "credit-price 12:37 the price of a credit in kwd has at most 15 decimals → round it",
      ],
    },
    {
      name: "a trial of a free plan",
      given: { "platform.yaml": PLATFORM.replace("trial: { plan: team", "trial: { plan: free") },
      want: [
        "priced-trial-plan 11:16 the trial's plan `free` has no price after the trial → name a paid plan, or remove `trial`",
      ],
    },
    {
      name: "a default plan by contract",
      given: { "platform.yaml": PLATFORM.replace("free: { price: { monthly: 0 }, ", "free: { ") },
      want: [
        "priced-default-plan 10:14 the default plan `free` has no price → give `free` a price, or name another plan",
      ],
    },
  ],
  "security of a platform": [
    {
      name: "a platform without network ranges",
      given: { "platform.yaml": PLATFORM.replace(/^security: .*\n/m, "") },
      want: [
        "network-declared 5:1 the network ranges that reach the control plane's database aren't declared → add `security: { network: { allow: [203.0.113.0/24] } }` with your own ranges; or `{ allow: anywhere, reason: \"…\" }` where the addresses of CI change",
      ],
    },
    {
      name: "a platform with other exceptions, but without network ranges",
      given: securedBy("{ tls: { optional: true, reason: an old driver } }"),
      want: [expect.stringMatching(/^network-declared 14:1 /)],
    },
    {
      name: "ranges that exclude tenantry",
      given: securedBy("{ network: { allow: [2001:db8::/32] } }"),
      want: [
        "control-plane-reachable 14:31 no network range reaches the control plane, so tenantry can't either → add the address range of the machine that runs `up`",
      ],
    },
    {
      name: "an empty list",
      given: securedBy("{ network: { allow: [] } }"),
      want: [expect.stringMatching(/^control-plane-reachable 14:31 /)],
    },
    {
      name: "very wide ranges, and an invalid address",
      given: securedBy('{ network: { allow: [0.0.0.0/1, 128.0.0.0/1], workspaces: ["::/0", "1:2:3/32"] } }'),
      want: [
        expect.stringMatching(/^range-is-an-address 14:\d+ `1:2:3\/32` doesn't contain a valid address /),
        expect.stringMatching(/^range-is-a-network 14:32 `0.0.0.0\/1` is wider than any one network /),
        expect.stringMatching(/^range-is-a-network 14:43 `128.0.0.0\/1` /),
        expect.stringMatching(/^range-is-a-network 14:\d+ `::\/0` /),
      ],
    },
    {
      name: "`anywhere` without a reason, for either kind of database",
      given: securedBy("{ network: { allow: [203.0.113.0/24], workspaces: anywhere } }"),
      want: [
        "anywhere-has-a-reason 14:61 databases that can be reached from anywhere need a reason → add `reason: …`, or name the ranges",
      ],
    },
    {
      name: "every exception with a reason",
      given: securedBy(
        "{ network: { allow: anywhere, reason: r }, tls: { optional: true, reason: r }, realtime: { publicChannels: true, reason: r }, signIn: { methods: [google], reason: r } }",
      ),
      want: [],
    },
  ],
};

describe.each(Object.entries(CASES))("%s", (_, cases) => {
  test.each(cases)("$name", async ({ given, want }) => {
    const files = typeof given === "string" ? { "orgs/acme.yaml": `${HEAD}${given}` } : given;
    const { model, diagnostics } = await loadPlatform(
      folderOf({ "platform.yaml": PLATFORM, ...files }),
      TODAY,
    );
    expect(
      diagnostics.map(
        ({ severity, rule, place, message, remedy }) =>
          `${severity === "warning" ? "warning " : ""}${rule} ${place.line}:${place.column} ${message} → ${remedy}`,
      ),
    ).toEqual(want);
    expect(model === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
  });
});

test("ten thousand diagnostics in one file are truncated quickly", async () => {
  const members = Array.from(
    { length: 10_000 },
    (_, index) => `  - { email: m${index}@a.example, role: admin, workspaces: [] }\n`,
  );
  const folder = folderOf({
    "platform.yaml": PLATFORM,
    "orgs/acme.yaml": `${HEAD}plan: big\nmembers:\n${members.join("")}`,
  });
  const started = process.cpuUsage();
  const { diagnostics } = await loadPlatform(folder, TODAY);
  const used = process.cpuUsage(started);
  expect(diagnostics).toHaveLength(101);
  expect(diagnostics.at(-1)?.message).toBe("there are 9900 more problems in this file");
  expect(used.user + used.system).toBeLessThan(15_000_000);
});
