import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
import {
  callAs,
  moveToPlan,
  one,
  openPlatform,
  organizationOf,
  type Person,
  refusal,
  signUp,
  tokenOf,
} from "./product.ts";

let database: Database;
let client: pg.Client;
let ada: Person;
let acme: string;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

/** Ada's organization on a plan with four seats. */
async function begin(): Promise<void> {
  await client.query("begin");
  await openPlatform(client);
  ada = await signUp(client, "ada@example.com");
  acme = await organizationOf(client, ada);
  await moveToPlan(client, acme, "team");
}

const act = (person: Person, call: string) => callAs(client, person, `select * from public.${call}`);
const answer = (person: Person, call: string) => refusal(act(person, call));
const invite = (name: string, more = "") => act(ada, `invite('${acme}', '${name}@example.com'${more})`);
const accept = (person: Person) => act(person, `accept_invitation('${acme}')`);

async function join(name: string, role = "member"): Promise<Person> {
  await invite(name, `, '${role}'`);
  const person = await signUp(client, `${name}@example.com`);
  await accept(person);
  return person;
}

async function create(workspace: string): Promise<string> {
  const made = (await act(ada, `create_workspace('${acme}', '${workspace}') as id`)) as [{ id: string }];
  return made[0].id;
}

async function rolesOf(): Promise<Record<string, string>> {
  const { rows } = await client.query<{ email: string; role: string }>(
    "select email, role from public.members where organization_id = $1 order by email",
    [acme],
  );
  return Object.fromEntries(rows.map(({ email, role }) => [email.replace("@example.com", ""), role]));
}

const manage = (table: string, more = "") =>
  client.query(`update public.${table} set managed_by = 'manifest' where organization_id = $1 ${more}`, [
    acme,
  ]);

beforeEach(begin);
afterEach(() => client.query("rollback"));

describe("a version of a plan", () => {
  it("is shown with the plan's name and a number, and its limits apply", async () => {
    await client.query(
      `insert into public.plans (name, platform_id, display_name, workspaces, seats, per_workspace_access, managed_by)
       select 'team@2', id, 'Team', 3, 1, true, 'manifest' from public.platforms`,
    );
    expect(await act(ada, "my_organizations()")).toMatchObject([{ plan: "team", plan_version: 1 }]);
    await moveToPlan(client, acme, "team@2");
    expect(await act(ada, "my_organizations()")).toMatchObject([{ plan: "team", plan_version: 2 }]);
    expect(await answer(ada, `invite('${acme}', 'grace@example.com')`)).toMatchObject({ code: "PT402" });
    expect(
      await callAs(
        client,
        ada,
        `select distinct on (plan_name) name from public.plans order by plan_name, plan_version desc`,
      ),
    ).toEqual([{ name: "solo" }, { name: "team@2" }]);
  });
});

describe("an invitation", () => {
  it("is shown to the invited person with the organization's name, and admits them once", async () => {
    await invite("grace", ", 'admin'");
    const grace = await signUp(client, "Grace@Example.com");
    expect(await act(grace, "my_invitations()")).toMatchObject([
      { organization_id: acme, display_name: "ada", role: "admin" },
    ]);
    await accept(grace);
    expect(await rolesOf()).toEqual({ ada: "owner", grace: "admin" });
    expect(await act(grace, "my_invitations()")).toEqual([]);
    expect((await client.query("select from public.invitations")).rowCount).toBe(0);
    await act(ada, `remove_member('${acme}', 'grace@example.com')`);
    expect((await answer(grace, `accept_invitation('${acme}')`))?.code).toBe("PT404");
  });

  it("doesn't admit another address, an unverified one, or a token that only claims the address", async () => {
    await invite("grace");
    const eve = await signUp(client, "eve@example.com");
    const unverified = await signUp(client, "grace@example.com", false);
    for (const person of [eve, unverified, { ...eve, email: "grace@example.com" }])
      expect((await answer(person, `accept_invitation('${acme}')`))?.code).toBe("PT404");
    expect(await rolesOf()).toEqual({ ada: "owner" });
  });

  it.each([
    ["is revoked", () => act(ada, `revoke_invitation('${acme}', 'grace@example.com')`)],
    [
      "has had its last day",
      () => client.query("update public.invitations set expires_on = current_date - 1"),
    ],
  ])("isn't valid once it %s", async (_, end) => {
    await invite("grace");
    const grace = await signUp(client, "grace@example.com");
    await end();
    expect((await answer(grace, `accept_invitation('${acme}')`))?.code).toBe("PT404");
  });

  it("admits a person who already has an organization; both organizations are separate", async () => {
    const eve = await signUp(client, "eve@example.com");
    await invite("eve");
    await accept(eve);
    expect(await act(eve, "my_organizations()")).toMatchObject([
      { id: acme, role: "member" },
      { display_name: "eve", role: "owner", plan: "solo" },
    ]);
    expect(await act(ada, "my_organizations()")).toMatchObject([{ id: acme, plan: "team" }]);
    const customersOf = (person: Person) =>
      callAs(client, person, "select billing_email from public.organizations order by 1");
    expect(await customersOf(eve)).toEqual([
      { billing_email: "ada@example.com" },
      { billing_email: "eve@example.com" },
    ]);
    expect(await customersOf(ada)).toEqual([{ billing_email: "ada@example.com" }]);
  });

  it("opens only the workspaces that it names", async () => {
    for (const name of ["sales", "finance"]) await act(ada, `create_workspace('${acme}', '${name}')`);
    await client.query("update public.workspaces set state = 'active'");
    await invite("alan", ", 'member', '{sales}'");
    const alan = await signUp(client, "alan@example.com");
    await accept(alan);
    expect(await act(alan, "my_workspaces()")).toMatchObject([{ name: "sales", role: "member" }]);
  });

  it("opens every workspace without per-workspace access, and can't name any", async () => {
    for (const table of ["plans", "quotas"])
      await client.query(`update public.${table} set per_workspace_access = false`);
    await client.query("update public.workspaces set state = 'active'");
    expect((await answer(ada, `invite('${acme}', 'a@example.com', 'member', '{personal}')`))?.code).toBe(
      "PT402",
    );
    const alan = await join("alan");
    expect(await act(alan, "my_workspaces()")).toMatchObject([{ name: "personal" }]);
  });

  it.each([
    ["an owner", "'new@example.com', 'owner'", "PT400"],
    ["no address", "'new', 'member'", "PT400"],
    ["a day that is over", "'new@example.com', 'member', '{}', current_date - 1", "PT400"],
    ["a year", "'new@example.com', 'member', '{}', current_date + 365", "PT400"],
    ["a workspace that isn't there", "'new@example.com', 'member', '{nowhere}'", "PT404"],
    ["an admin's workspaces", "'new@example.com', 'admin', '{personal}'", "PT400"],
    ["a member", "'ADA@example.com'", "PT409"],
  ])("is refused for %s", async (_, args, code) => {
    expect((await answer(ada, `invite('${acme}', ${args})`))?.code).toBe(code);
  });

  it("can have the role admin only if the owner sends it", async () => {
    const grace = await join("grace", "admin");
    expect((await answer(grace, `invite('${acme}', 'new@example.com', 'admin')`))?.code).toBe("PT403");
    expect(await answer(grace, `invite('${acme}', 'new@example.com', 'member')`)).toBeUndefined();
  });
});

describe("seats", () => {
  it("are taken by members and by open invitations", async () => {
    await join("grace");
    for (const name of ["b", "c"]) await invite(name);
    expect(await answer(ada, `invite('${acme}', 'd@example.com')`)).toEqual({
      code: "PT402",
      message: "every seat of the plan is taken: 4",
      hint: "remove a member, revoke an invitation, or choose a plan with more seats",
    });
    await invite("c", ", 'admin'");
    await act(ada, `revoke_invitation('${acme}', 'b@example.com')`);
    await invite("d");
  });

  it("include members of the manifest", async () => {
    for (const name of ["b", "c", "d"]) await invite(name);
    await manage("invitations");
    expect((await answer(ada, `invite('${acme}', 'e@example.com')`))?.code).toBe("PT402");
  });

  it("are given to the first people who accept if there are fewer than invitations", async () => {
    const invited: Person[] = [];
    for (const name of ["b", "c"]) {
      await invite(name);
      invited.push(await signUp(client, `${name}@example.com`));
    }
    await client.query("update public.quotas set seats = 2");
    const [b, c] = invited as [Person, Person];
    await accept(b);
    expect((await answer(c, `accept_invitation('${acme}')`))?.code).toBe("PT402");
  });
});

describe("a member", () => {
  it("who is removed loses all access immediately", async () => {
    await act(ada, `create_workspace('${acme}', 'sales')`);
    await client.query("update public.workspaces set state = 'active'");
    await invite("alan", ", 'member', '{sales}'");
    const alan = await signUp(client, "alan@example.com");
    await accept(alan);
    const reaches = async () =>
      one(
        await callAs<{ organizations: string; workspaces: string; members: string }>(
          client,
          alan,
          `select (select count(*) from public.my_organizations()) as organizations,
             (select count(*) from public.my_workspaces()) as workspaces, (select count(*) from public.members) as members`,
        ),
      );
    expect(await reaches()).toEqual({ organizations: "1", workspaces: "1", members: "2" });
    await act(ada, `remove_member('${acme}', 'Alan@example.com')`);
    expect(await reaches()).toEqual({ organizations: "0", workspaces: "0", members: "0" });
    expect((await client.query("select from public.workspace_members")).rowCount).toBe(0);
  });

  it("who is an admin can only be removed by the owner, and the owner by no one", async () => {
    const grace = await join("grace", "admin");
    await join("hal", "admin");
    expect((await answer(grace, `remove_member('${acme}', 'hal@example.com')`))?.code).toBe("PT403");
    expect((await answer(grace, `remove_member('${acme}', 'ada@example.com')`))?.code).toBe("PT409");
    expect((await answer(ada, `remove_member('${acme}', 'ada@example.com')`))?.code).toBe("PT409");
    await act(ada, `remove_member('${acme}', 'hal@example.com')`);
    expect(await rolesOf()).toEqual({ ada: "owner", grace: "admin" });
  });

  it("who is an admin can change roles, but not that of the owner or to owner", async () => {
    await join("alan");
    await act(ada, `change_role('${acme}', 'alan@example.com', 'admin')`);
    expect(await rolesOf()).toEqual({ ada: "owner", alan: "admin" });
    for (const [name, role] of [
      ["alan", "owner"],
      ["ada", "member"],
    ])
      expect((await answer(ada, `change_role('${acme}', '${name}@example.com', '${role}')`))?.code).toBe(
        "PT400",
      );
  });

  it("can be granted and revoked individual workspaces", async () => {
    const alan = await join("alan");
    const id = await create("sales");
    await client.query("update public.workspaces set state = 'active'");
    await act(ada, `grant_workspace('${id}', 'alan@example.com')`);
    await act(ada, `grant_workspace('${id}', 'alan@example.com')`);
    expect(await act(alan, "my_workspaces()")).toMatchObject([{ id }]);
    await act(ada, `revoke_workspace('${id}', 'alan@example.com')`);
    expect(await act(alan, "my_workspaces()")).toEqual([]);
    expect((await answer(ada, `grant_workspace('${id}', 'ada@example.com')`))?.code).toBe("PT409");
    await client.query("update public.quotas set per_workspace_access = false");
    expect((await answer(ada, `grant_workspace('${id}', 'alan@example.com')`))?.code).toBe("PT402");
  });

  it("can't be granted more workspaces on an unpaid plan, but can be removed from some", async () => {
    const alan = await join("alan");
    const sales = await create("sales");
    await act(ada, `grant_workspace('${sales}', 'alan@example.com')`);
    await client.query("update public.quotas set per_workspace_access = false");
    await create("finance");
    await client.query("update public.workspaces set state = 'active'");
    expect(await act(alan, "my_workspaces()")).toMatchObject([{ name: "sales" }]);
    expect(await answer(ada, `grant_workspace('${sales}', 'alan@example.com')`)).toMatchObject({
      code: "PT402",
      hint: "choose a plan that has it, or pay for the one that was chosen",
    });
    await act(ada, `revoke_workspace('${sales}', 'alan@example.com')`);
    expect(await act(alan, "my_workspaces()")).toEqual([]);
  });

  it("can't be removed from a workspace without per-workspace access, unless an override allows it", async () => {
    await join("alan");
    const sales = await create("sales");
    await act(ada, `grant_workspace('${sales}', 'alan@example.com')`);
    for (const table of ["plans", "quotas"])
      await client.query(`update public.${table} set per_workspace_access = false`);
    const revoke = `revoke_workspace('${sales}', 'alan@example.com')`;
    expect((await answer(ada, revoke))?.code).toBe("PT402");
    await client.query(`update public.organizations set limit_overrides = '{"perWorkspaceAccess": true}'`);
    await act(ada, revoke);
  });
});

describe("ownership", () => {
  it("is transferred to a member, and the previous owner becomes an admin", async () => {
    await join("grace");
    await act(ada, `transfer_ownership('${acme}', 'grace@example.com')`);
    expect(await rolesOf()).toEqual({ ada: "admin", grace: "owner" });
    expect((await answer(ada, `transfer_ownership('${acme}', 'ada@example.com')`))?.code).toBe("PT403");
  });

  it("can't be transferred to an unverified address or to a person who isn't a member", async () => {
    await client.query(
      "insert into public.members (organization_id, email, role, managed_by) values ($1, 'new@example.com', 'admin', 'app')",
      [acme],
    );
    expect((await answer(ada, `transfer_ownership('${acme}', 'new@example.com')`))?.code).toBe("PT409");
    expect((await answer(ada, `transfer_ownership('${acme}', 'eve@example.com')`))?.code).toBe("PT404");
    expect(await rolesOf()).toEqual({ ada: "owner", new: "admin" });
  });
});

describe("what the manifest declares", () => {
  it.each([
    ["members", "remove_member", "'alan@example.com'"],
    ["members", "change_role", "'alan@example.com', 'admin'"],
    ["owner", "transfer_ownership", "'alan@example.com'"],
    ["invitations", "invite", "'open@example.com'"],
    ["invitations", "revoke_invitation", "'open@example.com'"],
  ])("can only be changed there: `%s`, with %s", async (field, name, args) => {
    await join("alan");
    await invite("open");
    for (const table of ["members", "invitations"]) await manage(table);
    const { rows } = await client.query<{ name: string }>("select name from public.organizations");
    expect(await answer(ada, `${name}('${acme}', ${args})`)).toEqual({
      code: "PT409",
      message: "this is managed by the manifest",
      hint: `change \`${field}\` in stacks/camelai/orgs/${one(rows).name}.yaml`,
    });
  });

  it("admits an invited person once, even while the invitation is in the manifest", async () => {
    await invite("alan");
    await manage("invitations");
    const alan = await signUp(client, "alan@example.com");
    await accept(alan);
    await act(ada, `remove_member('${acme}', 'alan@example.com')`);
    expect((await answer(alan, `accept_invitation('${acme}')`))?.code).toBe("PT404");
  });
});

describe("a removed person", () => {
  /** A person who was invited and admitted in another way, so that the invitation is still open. */
  async function comeAndGo(managedBy: "manifest" | "app"): Promise<Person> {
    const alan = await signUp(client, "alan@example.com");
    await invite("alan");
    if (managedBy === "manifest") await manage("invitations");
    await client.query(
      "insert into public.members (organization_id, email, role, managed_by) values ($1, $2, 'member', 'app')",
      [acme, alan.email],
    );
    await act(ada, `remove_member('${acme}', 'alan@example.com')`);
    return alan;
  }

  it.each(["manifest", "app"] as const)(
    "isn't admitted by an older invitation of the %s",
    async (managedBy) => {
      const alan = await comeAndGo(managedBy);
      expect(await act(alan, "my_invitations()")).toEqual([]);
      expect((await answer(alan, `accept_invitation('${acme}')`))?.code).toBe("PT404");
    },
  );

  it("is admitted by a new invitation", async () => {
    const alan = await comeAndGo("app");
    await invite("alan");
    await accept(alan);
    expect(await rolesOf()).toEqual({ ada: "owner", alan: "member" });
  });
});

describe("at the same time", () => {
  /** Runs both calls on connections of their own, the second while the first is not committed yet. */
  async function race(first: [Person, string], second: [Person, string]): Promise<(string | undefined)[]> {
    const [one, other] = [await database.connect(), await database.connect()];
    const call = async (on: pg.Client, [person, sql]: [Person, string]) => {
      await on.query("begin");
      const { claims } = tokenOf(person);
      await on.query(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
        [JSON.stringify(claims)],
      );
      return (await refusal(on.query(`select * from public.${sql}`)))?.code;
    };
    const before = await call(one, first);
    const after = call(other, second);
    const waiting = "select from pg_stat_activity where wait_event_type = 'Lock'";
    while ((await client.query(waiting)).rowCount === 0);
    await one.query("commit");
    const outcomes = [before, await after];
    await other.query("commit");
    return outcomes;
  }

  it("the last seat is given to one of two people, and a previous owner can't transfer anything", async () => {
    const people: Person[] = [];
    for (const name of ["b", "c"]) {
      await invite(name);
      people.push(await signUp(client, `${name}@example.com`));
    }
    await client.query("update public.quotas set seats = 2");
    await client.query("commit");
    const [b, c] = people as [Person, Person];
    const accepting = `accept_invitation('${acme}')`;
    expect(await race([b, accepting], [c, accepting])).toEqual([undefined, "PT402"]);
    expect(await rolesOf()).toEqual({ ada: "owner", b: "member" });

    const transfer = `transfer_ownership('${acme}', 'b@example.com')`;
    expect(await race([ada, transfer], [ada, `change_role('${acme}', 'b@example.com', 'admin')`])).toEqual([
      undefined,
      "PT403",
    ]);
    expect(await rolesOf()).toEqual({ ada: "admin", b: "owner" });
    await client.query("begin");
  });
});
