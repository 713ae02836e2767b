import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, rolledBack, startDatabase } from "../databases/database.ts";
import { callAs, moveToPlan, openPlatform, organizationOf, type Person, refusal, signUp } from "./product.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

const NAMES = ["ada", "bob", "cat", "dan", "eve"] as const;
const WORKSPACES = ["sales", "finance", "spike"] as const;

const person = fc.constantFrom(...NAMES);
const workspace = fc.constantFrom(...WORKSPACES);
const role = fc.constantFrom("admin", "member", "owner");
// Ada owns the organization at first, so that most calls of others are refused.
const by = fc.oneof({ weight: 2, arbitrary: fc.constant("ada" as const) }, { weight: 1, arbitrary: person });

/** A random call of a random person, allowed or not. */
const call = fc.oneof(
  { weight: 3, arbitrary: fc.record({ by, name: fc.constant("invite"), args: fc.tuple(person, role) }) },
  fc.record({ by, name: fc.constant("revoke_invitation"), args: fc.tuple(person) }),
  fc.record({ by, name: fc.constant("remove_member"), args: fc.tuple(person) }),
  fc.record({ by, name: fc.constant("change_role"), args: fc.tuple(person, role) }),
  fc.record({ by, name: fc.constant("transfer_ownership"), args: fc.tuple(person) }),
  fc.record({ by, name: fc.constant("create_workspace"), args: fc.tuple(workspace) }),
  {
    weight: 6,
    arbitrary: fc.record({ by: person, name: fc.constant("accept_invitation"), args: fc.constant([]) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ by, name: fc.constant("grant_workspace"), args: fc.tuple(workspace, person) }),
  },
  fc.record({ by, name: fc.constant("revoke_workspace"), args: fc.tuple(workspace, person) }),
);

/** Invariants that must hold after any calls. Each query returns violations. */
const BROKEN: Record<string, string> = {
  "an organization has exactly one owner": `
    select id from public.organizations
    where (select count(*) from public.members where organization_id = id and role = 'owner') <> 1`,
  "members and open invitations are within the seats": `
    select organization_id from public.quotas where seats < (select count(*) from (
      select email from public.members where members.organization_id = quotas.organization_id
      union select email from public.invitations where invitations.organization_id = quotas.organization_id) seated)`,
  "workspaces are within the limit": `
    select organization_id from public.quotas where workspaces < (select count(*) from public.workspaces
      where workspaces.organization_id = quotas.organization_id and state <> 'deleted')`,
  "nobody is a member and invited":
    "select email from public.members join public.invitations using (organization_id, email)",
};

it("the invariants hold after any calls in any order", async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 60, maxLength: 80 }), (calls) =>
      rolledBack(client, async () => {
        const { people, acme } = await foundAcme();
        for (const { by, name, args } of calls) {
          const values = await valuesOf(acme, name, args);
          const sql = `select public.${name}(${values.map((_, index) => `$${index + 1}`).join(", ")})`;
          const found = await refusal(callAs(client, people[by] as Person, sql, values));
          if (found === undefined) done++;
          else expect(found.code, `${sql}: ${found.message}`).toMatch(/^PT40[0-9]$/);
        }
        for (const [rule, sql] of Object.entries(BROKEN))
          expect((await client.query(sql)).rows, rule).toEqual([]);
      }),
    ),
    { numRuns: 20 },
  );
  expect(done, "calls that were not refused").toBeGreaterThan(100);
});

/** Ada's organization on a plan with four seats and three workspaces. The others belong to none. */
async function foundAcme(): Promise<{ people: Record<string, Person>; acme: string }> {
  await openPlatform(client);
  const people: Record<string, Person> = {};
  for (const name of NAMES) people[name] = await signUp(client, `${name}@example.com`);
  const acme = await organizationOf(client, people.ada as Person);
  await moveToPlan(client, acme, "team");
  return { people, acme };
}

async function valuesOf(acme: string, name: string, args: readonly string[]): Promise<unknown[]> {
  const address = (who: string | undefined) => `${who}@example.com`;
  if (name === "create_workspace") return [acme, args[0]];
  if (!name.endsWith("_workspace"))
    return [acme, ...args.map((arg, index) => (index === 0 ? address(arg) : arg))];
  const { rows } = await client.query<{ id: string }>(
    "select id from public.workspaces where organization_id = $1 and name = $2",
    [acme, args[0]],
  );
  return [rows[0]?.id ?? acme, address(args[1])];
}
