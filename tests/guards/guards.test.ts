import { describe, expect, test } from "vitest";
import { guardPlace, guardSentence } from "../../src/guards/words.ts";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import type { Guard } from "../../src/plan/plan.ts";
import { type Change, type Manifests, runOf } from "./fleet.ts";

const APPROVAL = { reason: "the contract ended", approvedBy: "eve@shop.example", expires: "2026-12-01" };

/** `refused shop.acme removes 4 of 6 people; at most 3 need no consent`, without what needs no consent. */
async function decisions(change: Change): Promise<string[]> {
  return shown(await runOf(change));
}

function shown({ guards }: { readonly guards: readonly Guard[] }): string[] {
  return guards
    .filter(({ verdict }) => verdict !== "allowed")
    .map((guard) => `${guard.verdict} ${guardPlace(guard)} ${guardSentence(guard)}`);
}

const people = (number: number, organization = "acme") =>
  Array.from({ length: number }, (_, index) => ({
    email: `p${index}@${organization}.example`,
    role: "member" as const,
  }));
const emails = (number: number, organization = "acme") =>
  people(number, organization).map(({ email }) => email);
const keys = (number: number) =>
  Object.fromEntries(Array.from({ length: number }, (_, index) => [`k${index}`, {}]));
const connections = (number: number) =>
  Object.fromEntries(
    Array.from({ length: number }, (_, index) => [`c${index}`, { kind: "hub", secret: "acme-hub" }]),
  );
const apps = (number: number) =>
  Object.fromEntries(
    Array.from({ length: number }, (_, index) => [`a${index}`, { domain: `a${index}.acme.example` }]),
  );
const states = (number: number, state: "active" | "suspended" | "archived") =>
  Object.fromEntries(Array.from({ length: number }, (_, index) => [`w${index}`, { state }]));
const production = (workspace: NonNullable<OrganizationManifest["workspaces"]>[string]): Manifests => ({
  acme: { workspaces: { production: workspace } },
});
const consents = (...given: NonNullable<OrganizationManifest["consents"]>) => ({ consents: given });

interface Case {
  readonly name: string;
  readonly change: Change;
  readonly want: readonly string[];
}

const THRESHOLDS: readonly Case[] = [
  {
    name: "people: as many as the floor, of few",
    change: { before: { acme: { members: people(3) } }, after: { acme: { members: [] } } },
    want: [],
  },
  {
    name: "people: one more than the floor",
    change: { before: { acme: { members: people(5) } }, after: { acme: { members: people(1) } } },
    want: ["refused shop.acme removes 4 of 6 people; at most 3 need no consent"],
  },
  {
    name: "people: exactly the share",
    change: { before: { acme: { members: people(19) } }, after: { acme: { members: people(14) } } },
    want: [],
  },
  {
    name: "people: one more than the share",
    change: { before: { acme: { members: people(19) } }, after: { acme: { members: people(13) } } },
    want: ["refused shop.acme removes 6 of 20 people; at most 5 need no consent"],
  },
  {
    name: "people who are added don't count as people who were there",
    change: {
      before: { acme: { members: people(5) } },
      after: { acme: { members: people(20, "other") } },
    },
    want: ["refused shop.acme removes 5 of 6 people; at most 3 need no consent"],
  },
  {
    name: "API keys: one of one, and two of two",
    change: { before: production({ apiKeys: keys(1) }), after: production({}) },
    want: [],
  },
  {
    name: "API keys: all of several",
    change: { before: production({ apiKeys: keys(2) }), after: production({ apiKeys: {} }) },
    want: ["refused shop.acme revokes 2 of 2 API keys; at most 1 need no consent"],
  },
  {
    name: "connections: above the share",
    change: {
      before: production({ connections: connections(5) }),
      after: production({ connections: connections(3) }),
    },
    want: ["refused shop.acme removes 2 of 5 connections; at most 1 need no consent"],
  },
  {
    name: "custom domains: of removed apps, and of apps that stay",
    change: {
      before: production({ apps: apps(3) }),
      after: production({ apps: { a0: {}, a2: { domain: "a2.acme.example" } } }),
    },
    want: ["refused shop.acme removes 2 of 3 custom domains; at most 1 need no consent"],
  },
  {
    name: "a custom domain that another app has now stays",
    change: {
      before: production({ apps: apps(2) }),
      after: production({
        apps: { a0: {}, a1: {}, b: { domain: "a1.acme.example" }, c: { domain: "a0.acme.example" } },
      }),
    },
    want: [],
  },
  {
    name: "workspaces: closed one by one",
    change: {
      before: { acme: { workspaces: states(3, "active") } },
      after: {
        acme: { workspaces: { ...states(3, "active"), ...states(2, "archived") } },
      },
    },
    want: ["refused shop.acme closes 2 of 3 active workspaces; at most 1 need no consent"],
  },
  {
    name: "workspaces: closed with their organization, which one line says",
    change: {
      before: { acme: { workspaces: states(3, "active") } },
      after: { acme: { state: "suspended" } },
    },
    want: [],
  },
  {
    name: "workspaces that were closed before",
    change: {
      before: { acme: { workspaces: states(3, "suspended") } },
      after: { acme: { workspaces: states(3, "archived") } },
    },
    want: [],
  },
  {
    name: "thresholds of the platform",
    change: {
      before: { acme: { members: people(5) } },
      after: { acme: { members: people(1) } },
      platformBefore: "guards: { perOrganization: { members: { floor: 4 } } }\n",
    },
    want: [],
  },
  {
    name: "a platform where every removal needs a consent",
    change: {
      before: { acme: { members: people(5) } },
      after: { acme: { members: people(4) } },
      platformBefore: "guards: { perOrganization: { members: { floor: 0, share: 0 } } }\n",
    },
    want: ["refused shop.acme removes 1 of 6 people; at most 0 need no consent"],
  },
  {
    name: "a run: few in each of several organizations, many together",
    change: {
      before: Object.fromEntries(
        ["acme", "globex", "hooli"].map((name) => [name, { members: people(3, name) }]),
      ),
      after: Object.fromEntries(["acme", "globex", "hooli"].map((name) => [name, { members: [] }])),
      platformBefore: "guards: { perRun: { members: { floor: 5 } } }\n",
    },
    want: ["refused shop removes 9 of 12 people in 3 organizations; at most 5 need no consent"],
  },
  {
    name: "a run: workspaces that close with their organizations",
    change: {
      before: { acme: { workspaces: states(3, "active") }, globex: { workspaces: states(3, "active") } },
      after: { acme: { state: "suspended" }, globex: { state: "archived" } },
    },
    want: ["refused shop closes 6 of 6 active workspaces in 2 organizations; at most 5 need no consent"],
  },
  {
    name: "a run: one organization has only its own thresholds",
    change: {
      before: { acme: { members: people(3) }, globex: { members: people(3, "globex") } },
      after: { acme: { members: [] } },
      platformBefore: "guards: { perRun: { members: { floor: 0, share: 0 } } }\n",
    },
    want: [],
  },
];

const CONSENTS: readonly Case[] = [
  {
    name: "a consent that names everybody who leaves, in any case",
    change: {
      before: { acme: { members: people(5) } },
      after: {
        acme: {
          members: [],
          ...consents({ remove: { members: emails(5).map((email) => email.toUpperCase()) }, ...APPROVAL }),
        },
      },
    },
    want: ["consented shop.acme removes 5 of 6 people"],
  },
  {
    name: "two consents that name everybody together",
    change: {
      before: { acme: { members: people(5) } },
      after: {
        acme: {
          members: [],
          ...consents(
            { remove: { members: emails(3) }, ...APPROVAL },
            { remove: { members: emails(5).slice(3) }, ...APPROVAL },
          ),
        },
      },
    },
    want: ["consented shop.acme removes 5 of 6 people"],
  },
  {
    name: "a consent that leaves one out",
    change: {
      before: { acme: { members: people(5) } },
      after: { acme: { members: [], ...consents({ remove: { members: emails(4) }, ...APPROVAL }) } },
    },
    want: ["refused shop.acme removes 5 of 6 people; at most 3 need no consent"],
  },
  {
    name: "a consent that has expired",
    change: {
      before: { acme: { members: people(5) } },
      after: {
        acme: {
          members: [],
          ...consents({ remove: { members: emails(5) }, ...APPROVAL, expires: "2026-11-21" }),
        },
      },
    },
    want: ["refused shop.acme removes 5 of 6 people; at most 3 need no consent"],
  },
  {
    name: "a consent on its last day, to each other kind",
    change: {
      before: production({ apiKeys: keys(2), connections: connections(2), apps: apps(2) }),
      after: {
        acme: {
          workspaces: { production: { apiKeys: {}, connections: {}, apps: { a0: {}, a1: {} } } },
          ...consents({
            remove: {
              apiKeys: ["production/k0", "production/k1"],
              connections: ["production/c0", "production/c1"],
              domains: ["a0.acme.example", "A1.acme.example."],
            },
            ...APPROVAL,
            expires: "2026-11-22",
          }),
        },
      },
    },
    want: [
      "consented shop.acme revokes 2 of 2 API keys",
      "consented shop.acme removes 2 of 2 custom domains",
      "consented shop.acme removes 2 of 2 connections",
    ],
  },
  {
    name: "a consent to keys of another workspace",
    change: {
      before: { acme: { workspaces: { production: { apiKeys: keys(2) }, staging: {} } } },
      after: {
        acme: {
          workspaces: { production: { apiKeys: {} }, staging: {} },
          ...consents({ remove: { apiKeys: ["staging/k0", "staging/k1"] }, ...APPROVAL }),
        },
      },
    },
    want: ["refused shop.acme revokes 2 of 2 API keys; at most 1 need no consent"],
  },
  {
    name: "a run whose organizations all consent, and one where an organization doesn't",
    change: {
      before: Object.fromEntries(["acme", "globex"].map((name) => [name, { members: people(3, name) }])),
      after: {
        acme: { members: [], ...consents({ remove: { members: emails(3) }, ...APPROVAL }) },
        globex: { members: [] },
      },
      platformBefore: "guards: { perRun: { members: { floor: 5 } } }\n",
    },
    want: ["refused shop removes 6 of 8 people in 2 organizations; at most 5 need no consent"],
  },
  {
    name: "a consent to a deletion covers what is in the workspace",
    change: {
      before: { acme: { workspaces: { production: {}, spike: { apiKeys: keys(3), apps: apps(3) } } } },
      after: {
        acme: {
          workspaces: { production: {}, spike: { state: "deleted" } },
          ...consents({ delete: "acme/spike", ...APPROVAL }),
        },
      },
    },
    want: ["consented shop.acme deletes acme/spike with all data"],
  },
];

const ALWAYS: readonly Case[] = [
  {
    name: "a new owner, while the former one stays as an admin",
    change: {
      before: { acme: {} },
      after: { acme: { owner: "bob@acme.example", members: [{ email: "ada@acme.example", role: "admin" }] } },
    },
    want: [],
  },
  {
    name: "a new owner, while the former one leaves",
    change: { before: { acme: {} }, after: { acme: { owner: "bob@acme.example" } } },
    want: [
      "refused shop.acme takes the ownership from ada@acme.example, who doesn't stay as an admin, which always needs a consent",
    ],
  },
  {
    name: "a new owner, while the former one stays as a member",
    change: {
      before: { acme: {} },
      after: {
        acme: { owner: "bob@acme.example", members: [{ email: "ada@acme.example", role: "member" }] },
      },
    },
    want: [
      "refused shop.acme takes the ownership from ada@acme.example, who doesn't stay as an admin, which always needs a consent",
    ],
  },
  {
    name: "a consent to the removal of a person isn't one to the loss of the ownership, but the other way round it is",
    change: {
      before: { acme: { members: people(4) }, globex: { owner: "ada@globex.example" } },
      after: {
        acme: {
          owner: "bob@acme.example",
          members: [],
          ...consents({ remove: { owner: "ada@acme.example", members: emails(4) }, ...APPROVAL }),
        },
        globex: {
          owner: "bob@globex.example",
          ...consents({ remove: { members: ["ada@globex.example"] }, ...APPROVAL }),
        },
      },
    },
    want: [
      "consented shop.acme takes the ownership from ada@acme.example, who doesn't stay as an admin",
      "consented shop.acme removes 5 of 5 people",
      "refused shop.globex takes the ownership from ada@globex.example, who doesn't stay as an admin, which always needs a consent",
    ],
  },
  {
    name: "a paid plan that becomes free",
    change: { before: { acme: { plan: "team" } }, after: { acme: { plan: "free" } } },
    want: ["refused shop.acme ends the paid subscription to team, which always needs a consent"],
  },
  {
    name: "a paid plan that becomes free, with a consent, and one with a consent to another plan",
    change: {
      before: { acme: { plan: "team" }, globex: { plan: "team" } },
      after: {
        acme: { plan: "free", ...consents({ remove: { subscription: "team" }, ...APPROVAL }) },
        globex: { plan: "free", ...consents({ remove: { subscription: "big" }, ...APPROVAL }) },
      },
    },
    want: [
      "consented shop.acme ends the paid subscription to team",
      "refused shop.globex ends the paid subscription to team, which always needs a consent",
    ],
  },
  {
    name: "another paid plan, cheaper or not, and a free plan that becomes a paid one",
    change: {
      before: { acme: { plan: "big" }, globex: { plan: "free" } },
      after: { acme: { plan: "team" }, globex: { plan: "team" } },
    },
    want: [],
  },
  {
    name: "the deletion of a workspace, whose consent has expired",
    change: {
      before: { acme: { workspaces: { production: {}, spike: {} } } },
      after: {
        acme: {
          workspaces: { production: {}, spike: { state: "deleted" } },
          ...consents({ delete: "acme/spike", ...APPROVAL, expires: "2026-11-21" }),
        },
      },
    },
    want: ["refused shop.acme deletes acme/spike with all data, which always needs a consent"],
  },
  {
    name: "the deletion of a workspace's second generation, with its own consent",
    change: {
      before: { acme: { workspaces: { production: {}, spike: { generation: 2 } } } },
      after: {
        acme: {
          workspaces: { production: {}, spike: { generation: 2, state: "deleted" } },
          ...consents({ delete: "acme/spike@2", ...APPROVAL }),
        },
      },
    },
    want: ["consented shop.acme deletes acme/spike@2 with all data"],
  },
  {
    name: "the deletion of an organization, which also ends its subscription",
    change: {
      before: { acme: { workspaces: { production: {} }, members: people(5) } },
      after: { acme: { state: "deleted", ...consents({ delete: "acme", ...APPROVAL }) } },
    },
    want: ["consented shop.acme deletes acme, acme/production with all data"],
  },
  {
    name: "the end of Stripe's events",
    change: {
      before: {},
      after: {},
      platformBefore: "stripe: { webhook: { url: https://shop.example/stripe } }\n",
      platformAfter: "guards: {}\n",
    },
    want: [
      "refused shop removes the endpoint for Stripe's events with its secret, which `tenantry webhook` uses, which always needs a consent",
    ],
  },
  {
    name: "the end of Stripe's events, with a consent",
    change: {
      before: {},
      after: {},
      platformBefore: "stripe: { webhook: { url: https://shop.example/stripe } }\n",
      platformAfter:
        "consents: [{ remove: { webhook: https://shop.example/stripe }, reason: r, approvedBy: eve@shop.example, expires: 2026-12-01 }]\n",
    },
    want: [
      "consented shop removes the endpoint for Stripe's events with its secret, which `tenantry webhook` uses",
    ],
  },
];

describe.each([
  ["thresholds", THRESHOLDS],
  ["consents", CONSENTS],
  ["what always needs a consent", ALWAYS],
])("%s", (_, cases) => {
  test.each(cases)("$name", async ({ change, want }) => {
    expect(await decisions(change)).toEqual(want);
  });
});
