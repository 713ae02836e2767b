import fc from "fast-check";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { scheduleError } from "../../src/model/schedule.ts";
import { stableId } from "../../src/shared/ids.ts";
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
} from "./product.ts";

let database: Database;
let client: pg.Client;
let ada: Person;
let alan: Person;
let production: string;
let staging: string;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

/** Ada's organization with two workspaces. Alan is granted the first. */
beforeEach(async () => {
  await client.query("begin");
  await openPlatform(client);
  ada = await signUp(client, "ada@example.com");
  const acme = await organizationOf(client, ada);
  await moveToPlan(client, acme, "team");
  production = await create(acme, "production");
  staging = await create(acme, "staging");
  await client.query("update public.workspaces set state = 'active'");
  await act(ada, `invite('${acme}', 'alan@example.com', 'member', '{production}')`);
  alan = await signUp(client, "alan@example.com");
  await act(alan, `accept_invitation('${acme}')`);
});
afterEach(() => client.query("rollback"));

const act = (person: Person, call: string) => callAs(client, person, `select * from public.${call}`);
const answer = (person: Person, call: string) => refusal(act(person, call));

async function create(organization: string, name: string): Promise<string> {
  const sql = `select public.create_workspace('${organization}', '${name}') as id`;
  return one(await callAs<{ id: string }>(client, ada, sql)).id;
}

/** Another organization with an app in an open workspace. */
async function elsewhere(): Promise<{ eve: Person; theirs: string }> {
  const eve = await signUp(client, "eve@example.com");
  const organization = await organizationOf(client, eve);
  await moveToPlan(client, organization, "team");
  const { rows } = await client.query<{ id: string }>(
    "update public.workspaces set state = 'active' where organization_id = $1 returning id",
    [organization],
  );
  const theirs = one(rows).id;
  await act(eve, `add_app('${theirs}', 'shop')`);
  return { eve, theirs };
}

describe("a connection", () => {
  const add = () => act(ada, `add_connection('${production}', 'lake', 'bigquery', 'vault/lake')`);
  const credentials = async (workspace: string, name: string) => {
    const { rows } = await client.query("select public.connection_credentials($1, $2) as it", [
      workspace,
      name,
    ]);
    return rows[0].it;
  };

  it("can be used by the members of its workspace, who never see its credentials", async () => {
    await add();
    const seen = await callAs(
      client,
      alan,
      "select workspace_id, name, kind, clone_of from public.connections",
    );
    expect(seen).toEqual([{ workspace_id: production, name: "lake", kind: "bigquery", clone_of: null }]);
    for (const person of [ada, alan]) {
      const sql = "select * from private.connection_credentials";
      expect((await refusal(callAs(client, person, sql)))?.code).toBe("42501");
      expect((await answer(person, `connection_credentials('${production}', 'lake')`))?.code).toBe("42501");
    }
  });

  it("can be opened by the product's servers while the workspace is active", async () => {
    await add();
    await client.query("set local role service_role");
    expect(await credentials(production, "lake")).toBe("vault/lake");
    await client.query("reset role");
    await client.query("update public.workspaces set state = 'suspended'");
    expect(await credentials(production, "lake")).toBeNull();
  });

  it("is cloned as a separate copy, which is kept when the original is removed", async () => {
    await add();
    await act(ada, `clone_connection('${production}', 'lake', '${staging}', 'copy')`);
    await act(ada, `remove_connection('${production}', 'lake')`);
    expect(
      await callAs(client, ada, "select workspace_id, name, kind, clone_of from public.connections"),
    ).toEqual([{ workspace_id: staging, name: "copy", kind: "bigquery", clone_of: "production/lake" }]);
    expect([await credentials(staging, "copy"), await credentials(production, "lake")]).toEqual([
      "vault/lake",
      null,
    ]);
  });

  it("can't be cloned to another organization, even by a member of both", async () => {
    await add();
    const { theirs, eve } = await elsewhere();
    const clone = `clone_connection('${production}', 'lake', '${theirs}')`;
    const madeUp = `clone_connection('${production}', 'lake', '${stableId("nowhere")}')`;
    expect(await answer(ada, clone)).toEqual(await answer(ada, madeUp));
    const organization = await organizationOf(client, eve);
    await client.query(
      "insert into public.members (organization_id, email, role, managed_by) values ($1, $2, 'admin', 'app')",
      [organization, ada.email],
    );
    expect(await answer(ada, clone)).toEqual(await answer(ada, madeUp));
  });

  it.each([
    ["a name that is taken", "'lake', 'hubspot', 'vault/x'", "PT409"],
    ["no credentials", "'crm', 'hubspot', ''", "PT400"],
    ["no name", "'CRM', 'hubspot', 'vault/x'", "PT400"],
  ])("is refused for %s", async (_, args, code) => {
    await add();
    expect((await answer(ada, `add_connection('${production}', ${args})`))?.code).toBe(code);
  });
});

describe("an app", () => {
  beforeEach(() => act(ada, `add_app('${production}', 'store')`));

  const setDomain = (domain: string | null, app = "store") =>
    `set_app_domain('${production}', '${app}', ${domain === null ? "null" : `'${domain}'`})`;
  const domains = (person: Person) =>
    callAs(client, person, "select * from public.organization_domains order by app");
  const verify = async (workspace: string, app: string, domain: string) => {
    const { rows } = await client.query("select private.verify_domain($1, $2, $3) as it", [
      workspace,
      app,
      domain,
    ]);
    return rows[0].it;
  };

  it("has its own URL on the platform's domain", async () => {
    expect(await callAs(client, alan, "select name, url, domain from public.apps")).toEqual([
      { name: "store", url: `store-${production.slice(0, 8)}.apps.example`, domain: null },
    ]);
  });

  it("has a domain that is proven once its record is found", async () => {
    await act(ada, setDomain("Store.Acme.Example."));
    const domain = "store.acme.example";
    const [pending] = await domains(ada);
    expect(pending).toMatchObject({
      workspace: "production",
      app: "store",
      domain,
      verified: false,
      record_name: `_tenantry.${domain}`,
      record_value: `tenantry-domain=${stableId(`${production}/store/${domain}`)}`,
    });
    await act(ada, `request_domain_check('${production}', 'store')`);
    expect(await verify(production, "store", domain)).toBe(true);
    expect(await domains(ada)).toMatchObject([{ domain, verified: true }]);
    // A new domain must be proven again, and so must one that is set again.
    await act(ada, setDomain("other.example"));
    await act(ada, setDomain(domain));
    expect(await domains(ada)).toMatchObject([{ domain, verified: false }]);
    expect(await verify(production, "store", "other.example")).toBe(false);
  });

  it("gets the response for an unproven domain if the domain belongs to another tenant", async () => {
    const { eve, theirs } = await elsewhere();
    await act(eve, `set_app_domain('${theirs}', 'shop', 'taken.example')`);
    expect(await verify(theirs, "shop", "taken.example")).toBe(true);
    expect(await answer(ada, setDomain("taken.example"))).toBeUndefined();
    expect(await verify(production, "store", "taken.example")).toBe(false);
    expect(await domains(ada)).toMatchObject([
      { domain: "taken.example", verified: false, managed_by: "app" },
    ]);
    expect(await domains(eve)).toMatchObject([{ app: "shop", verified: true }]);
  });

  it("loses its domain when its workspace is deleted", async () => {
    await act(ada, setDomain("a.example"));
    await verify(production, "store", "a.example");
    await client.query("update public.workspaces set state = 'deleted' where id = $1", [production]);
    const { theirs, eve } = await elsewhere();
    await act(eve, `set_app_domain('${theirs}', 'shop', 'a.example')`);
    expect(await verify(theirs, "shop", "a.example")).toBe(true);
  });

  it("counts towards the plan's custom domains while it has one", async () => {
    for (const name of ["blog", "docs"]) await act(ada, `add_app('${production}', '${name}')`);
    await act(ada, setDomain("a.example", "store"));
    await act(ada, setDomain("b.example", "blog"));
    await client.query("update public.apps set managed_by = 'manifest' where name = 'blog'");
    await act(ada, setDomain("other.example", "store"));
    expect((await answer(ada, setDomain("c.example", "docs")))?.code).toBe("PT402");
    await act(ada, setDomain(null, "store"));
    await act(ada, setDomain("c.example", "docs"));
  });

  it.each(["apps.example", "x.apps.example", "example", "a b.example", "-a.example", "https://a.example"])(
    "can't have `%s`",
    async (domain) => {
      expect((await answer(ada, setDomain(domain)))?.code).toBe("PT400");
    },
  );

  it("shows its domain to owners and admins on one page, and to members in their workspaces", async () => {
    await act(ada, setDomain("a.example"));
    await act(ada, `add_app('${staging}', 'store')`);
    await act(ada, `set_app_domain('${staging}', 'store', 'b.example')`);
    expect(await domains(ada)).toHaveLength(2);
    expect(await domains(alan)).toMatchObject([{ workspace: "production" }]);
  });

  it("can't move to another workspace", async () => {
    await expect(client.query("update public.apps set workspace_id = $1", [staging])).rejects.toMatchObject({
      code: "23001",
    });
  });
});

/** Fields of cron, some of them out of their range, and months that lack a day. */
const number = fc.integer({ min: 0, max: 32 }).map(String);
const range = fc.tuple(number, number).map(([from, to]) => `${from}-${to}`);
const stepped = fc.tuple(fc.oneof(fc.constant("*"), range, number), fc.integer({ min: 1, max: 7 }));
const field = fc.oneof(
  { weight: 4, arbitrary: fc.constant("*") },
  number,
  range,
  stepped.map(([of, step]) => `${of}/${step}`),
  fc.tuple(number, number).map((both) => both.join(",")),
);
const schedule = fc.oneof(
  fc.tuple(field, field, field, field, field).map((fields) => fields.join(" ")),
  fc
    .tuple(
      fc.constantFrom("29", "30", "31", "30-31"),
      fc.constantFrom("2", "feb", "2,4", "apr-jun", "*"),
      field,
    )
    .map(([day, month, weekday]) => `0 0 ${day} ${month} ${weekday}`),
);

describe("a cron job", () => {
  const add = (schedule: string | null) =>
    refusal(
      callAs(client, ada, "select public.add_cron_job($1, 'nightly', $2, 'rebuild')", [production, schedule]),
    );

  it.each(["0 3 * * *", "*/15 * * * *", "0 9-17/2 * * mon-fri", "5,35 0 1,15 jan,JUL *", "59 23 31 12 7"])(
    "runs at `%s`",
    async (schedule) => {
      expect(await add(schedule)).toBeUndefined();
    },
  );

  it.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "a * * * *",
    "1,,2 * * * *",
    "mon * * * *",
    "@daily",
    null,
  ])("can't run at `%s`", async (schedule) => {
    expect((await add(schedule))?.code).toBe("PT400");
  });

  it.each(["0 0 30 2 *", "0 0 31 4,6 *", "0 0 30-31 feb *"])(
    "never comes round at `%s`",
    async (schedule) => {
      expect(await add(schedule)).toMatchObject({
        code: "PT400",
        message: "this schedule never comes round",
      });
    },
  );

  it("has the same valid schedules as in a manifest", async () => {
    const schedules = fc.sample(schedule, 400);
    const { rows } = await client.query<{ schedule: string; runs: boolean }>(
      `select schedule, private.is_schedule(schedule) and private.comes_round(schedule) as runs
       from unnest($1::text[]) as schedule`,
      [schedules],
    );
    expect(rows).toEqual(schedules.map((one) => ({ schedule: one, runs: scheduleError(one) === undefined })));
    expect(new Set(rows.map(({ runs }) => runs)).size).toBe(2);
  });

  it("can be added once and removed", async () => {
    await add("0 3 * * *");
    expect((await add("0 4 * * *"))?.code).toBe("PT409");
    await act(ada, `remove_cron_job('${production}', 'nightly')`);
    expect((await answer(ada, `remove_cron_job('${production}', 'nightly')`))?.code).toBe("PT404");
  });
});

/** Calls that add something, and those that take it away again. */
const ADDITIONS = {
  add_connection: "'crm', 'hubspot', 'vault/crm'",
  add_app: "'blog'",
  add_cron_job: "'daily', '0 5 * * *', 'report'",
};
const REMOVALS = { remove_connection: "'lake'", remove_app: "'store'", remove_cron_job: "'nightly'" };

describe("a workspace with one of each", () => {
  beforeEach(async () => {
    await act(ada, `add_connection('${production}', 'lake', 'bigquery', 'vault/lake')`);
    await act(ada, `add_app('${production}', 'store')`);
    await act(ada, `add_cron_job('${production}', 'nightly', '0 3 * * *', 'rebuild')`);
  });

  it.each(["suspended", "archived"])("that is %s accepts nothing new, and allows removals", async (state) => {
    await client.query("update public.workspaces set state = $1", [state]);
    for (const [name, args] of Object.entries(ADDITIONS))
      expect((await answer(ada, `${name}('${production}', ${args})`))?.message, name).toBe(
        `the workspace is ${state}`,
      );
    for (const [name, args] of Object.entries(REMOVALS))
      expect(await answer(ada, `${name}('${production}', ${args})`), name).toBeUndefined();
  });

  it.each(["suspended", "archived"])(
    "that is %s is closed to its members, and shown to owners and admins",
    async (state) => {
      await client.query("update public.workspaces set state = $1 where id = $2", [state, production]);
      expect(await act(alan, "my_workspaces()")).toEqual([]);
      for (const table of ["workspaces", "connections", "apps", "cron_jobs"])
        expect(await callAs(client, alan, `select * from public.${table}`), table).toEqual([]);
      const seen = await callAs(client, ada, "select state from public.my_workspaces() where id = $1", [
        production,
      ]);
      expect(seen).toEqual([{ state }]);
    },
  );

  it("that was deleted doesn't exist for callers", async () => {
    await client.query("update public.workspaces set state = 'deleted'");
    for (const [name, args] of Object.entries({ ...ADDITIONS, ...REMOVALS }))
      expect((await answer(ada, `${name}('${production}', ${args})`))?.code, name).toBe("PT404");
  });

  it.each([
    ["connections", `remove_connection`, "'lake'"],
    ["connections", `clone_connection`, "'lake', null"],
    ["apps", `remove_app`, "'store'"],
    ["apps", `set_app_domain`, "'store', 'a.example'"],
    ["cron", `remove_cron_job`, "'nightly'"],
  ])("can only be changed in the manifest if that declares it: `%s`, with %s", async (field, name, args) => {
    for (const table of ["connections", "apps", "cron_jobs"])
      await client.query(`update public.${table} set managed_by = 'manifest'`);
    const found = await answer(ada, `${name}('${production}', ${args.replace("null", `'${staging}'`)})`);
    expect(found?.message).toBe("this is managed by the manifest");
    expect(found?.hint).toMatch(`change \`${field}\` in stacks/camelai/orgs/`);
  });
});

describe("paying", () => {
  const acme = () => organizationOf(client, ada);

  it("uses a billing address of the organization's choice", async () => {
    await act(ada, `set_billing_email('${await acme()}', 'Money@Acme.example')`);
    const { rows } = await client.query("select billing_email from public.organizations where id = $1", [
      await acme(),
    ]);
    expect(rows).toEqual([{ billing_email: "money@acme.example" }]);
  });

  it.each([
    ['100, "add" => 500, monthly_cap => 1000', undefined],
    ["100, up_to => 500", undefined],
    ["null", undefined],
    ["100", "PT400"],
    ["100, 500, 500", "PT400"],
    ["-1, 500", "PT400"],
    ["100, 0", "PT400"],
    ["null, 500", "PT400"],
    ["100, up_to => 100", "PT400"],
    ["100, 500, monthly_cap => 499", "PT400"],
  ])("reloads a wallet below %s: %s", async (args, code) => {
    expect((await answer(ada, `set_auto_reload('${await acme()}', 'data', ${args})`))?.code).toBe(code);
  });

  it.each([
    ["50", '100, "add" => 50', undefined],
    ["50", "100, up_to => 150", undefined],
    ["50", '100, "add" => 49', "PT400"],
    ["50", "100, up_to => 149", "PT400"],
    ["null", '100, "add" => 50', "PT400"],
    ["null", "null", undefined],
  ])("with a minimum of %s credits, reloads a wallet below %s: %s", async (minimum, args, code) => {
    await client.query(`update public.wallet_types set minimum_reload = ${minimum} where name = 'data'`);
    const refused = await answer(ada, `set_auto_reload('${await acme()}', 'data', ${args})`);
    await client.query("update public.wallet_types set minimum_reload = 1 where name = 'data'");
    expect(refused?.code).toBe(code);
  });

  it("resumes paused reloads by the same settings too", async () => {
    const wallet = `public.wallets where organization_id = '${await acme()}' and name = 'data'`;
    const call = `set_auto_reload('${await acme()}', 'data', 100, "add" => 500)`;
    await act(ada, call);
    await client.query(
      `update ${wallet.replace(" where", " set reload_paused = true, reload_declines = 4 where")}`,
    );
    await act(ada, call);
    const { rows } = await client.query(`select reload_paused, reload_declines from ${wallet}`);
    expect(rows).toEqual([{ reload_paused: false, reload_declines: 0 }]);
  });

  it.each([
    ["billing", "organizations", "id", "set_billing_email", "'a@example.com'"],
    ["wallets", "wallets", "organization_id", "set_auto_reload", "'data', null"],
  ])("can only be set in `%s` if the manifest declares it", async (field, table, column, name, args) => {
    const organization = await acme();
    await client.query(`update public.${table} set managed_by = 'manifest' where ${column} = $1`, [
      organization,
    ]);
    expect((await answer(ada, `${name}('${organization}', ${args})`))?.hint).toMatch(`change \`${field}\``);
  });
});
