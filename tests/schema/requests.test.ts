import fc from "fast-check";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
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
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());
beforeEach(() => client.query("begin"));
afterEach(() => client.query("rollback"));

const act = (person: Person, call: string) => callAs(client, person, `select * from public.${call}`);
const answer = (person: Person, call: string) => refusal(act(person, call));

async function rowsOf<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  return (await client.query<Row>(sql)).rows;
}

describe("a new user", () => {
  beforeEach(() => openPlatform(client));

  it("gets an organization on the default plan, its wallets and a personal workspace, as requests of the product", async () => {
    const ada = await signUp(client, "Ada.Lovelace@example.com");
    const [organization] = await rowsOf<{ id: string; name: string }>("select * from public.organizations");
    expect(organization).toMatchObject({
      display_name: "ada.lovelace",
      plan: "solo",
      billing_email: "ada.lovelace@example.com",
      managed_by: "app",
    });
    expect(organization?.name).toBe(`ada-lovelace-${ada.id.slice(0, 8)}`);
    expect(await act(ada, "my_organizations()")).toMatchObject([
      { id: organization?.id, role: "owner", plan: "solo" },
    ]);
    expect(await act(ada, "my_workspaces()")).toMatchObject([
      { name: "personal", state: "requested", role: "owner", throwaway: false, url: null },
    ]);
    expect(await rowsOf("select workspaces, seats, custom_domains, rpm from public.quotas")).toEqual([
      { workspaces: 1, seats: 1, custom_domains: 0, rpm: 60 },
    ]);
    expect(await rowsOf("select name, balance::int from public.wallets order by name")).toEqual([
      { name: "ai", balance: 0 },
      { name: "data", balance: 0 },
    ]);
  });

  it("gets it with the ids that its manifest will have", async () => {
    await signUp(client, "ada@example.com");
    const request = one(await rowsOf<Record<string, string>>("select * from private.intake_requests"));
    expect(request).toMatchObject({
      platform: "camelai",
      new_organization: true,
      owner: "ada@example.com",
      organization_id: stableId(`camelai/${request.organization}`),
      workspace: "personal",
      workspace_id: stableId(`camelai/${request.organization}/personal`),
    });
  });

  it.each(["42@example.com", "-.-@example.com", "a'b+c&d@example.com", `${"a".repeat(64)}@example.com`])(
    "as %s gets a name that a manifest may have",
    async (email) => {
      await signUp(client, email);
      const { name } = one(await rowsOf<{ name: string }>("select name from public.organizations"));
      expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(name.length).toBeLessThanOrEqual(40);
    },
  );

  it("gets it once the address is verified, and only one", async () => {
    await signUp(client, "ada@example.com", false);
    expect(await rowsOf("select from public.organizations")).toHaveLength(0);
    await client.query("update auth.users set email_confirmed_at = now()");
    expect(await rowsOf("select from public.organizations")).toHaveLength(1);
    await client.query("update auth.users set email_confirmed_at = now(), email = 'moved@example.com'");
    expect(await rowsOf("select from public.organizations")).toHaveLength(1);
  });

  it("gets no own organization if they have an invitation or a membership", async () => {
    const ada = await signUp(client, "ada@example.com");
    const acme = await organizationOf(client, ada);
    await moveToPlan(client, acme, "team");
    await act(ada, `invite('${acme}', 'grace@example.com')`);
    await client.query(
      "insert into public.members (organization_id, email, role, managed_by) values ($1, 'alan@example.com', 'admin', 'manifest')",
      [acme],
    );
    const grace = await signUp(client, "grace@example.com");
    const alan = await signUp(client, "alan@example.com");
    expect(await act(grace, "my_organizations()")).toEqual([]);
    expect(await act(alan, "my_organizations()")).toMatchObject([{ id: acme, role: "admin" }]);
    expect(await rowsOf("select from public.organizations")).toHaveLength(1);
  });

  it("can create a few other organizations, which are separate from the first", async () => {
    const ada = await signUp(client, "ada@example.com");
    for (const name of ["Client work", "Side project"]) await act(ada, `create_organization('${name}')`);
    expect(await act(ada, "my_organizations()")).toMatchObject([
      { display_name: "ada" },
      { display_name: "Client work", name: expect.stringMatching(/^client-work-[0-9a-f]{8}$/) },
      { display_name: "Side project" },
    ]);
    expect((await answer(ada, "create_organization('One more')"))?.code).toBe("PT402");
    expect((await answer(ada, "create_organization(E'two\\nlines')"))?.code).toBe("PT400");
  });
});

it("a user who signs up before the platform is set up is accepted, and gets nothing yet", async () => {
  const ada = await signUp(client, "ada@example.com");
  expect(await act(ada, "my_organizations()")).toEqual([]);
  expect((await answer(ada, "create_organization('Acme')"))?.code).toBe("PT403");
});

it("ids in the database are those of src/shared/ids.ts", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme" }).filter((it) => !it.includes("\0")),
      fc.nat(10_000),
      async (path, generation) => {
        const { rows } = await client.query("select private.stable_id($1, $2) as id", [path, generation]);
        expect(rows[0].id).toBe(stableId(path, generation));
      },
    ),
  );
});

describe("a requested workspace", () => {
  let ada: Person;
  let acme: string;
  beforeEach(async () => {
    await openPlatform(client);
    ada = await signUp(client, "ada@example.com");
    acme = await organizationOf(client, ada);
    await moveToPlan(client, acme, "team");
  });

  const create = (name: string, more = "") => `create_workspace('${acme}', '${name}'${more})`;

  it("counts immediately, besides declared ones, until it is deleted", async () => {
    await act(ada, create("sales"));
    await client.query(
      "update public.workspaces set managed_by = 'manifest', state = 'suspended' where name = 'sales'",
    );
    await act(ada, create("finance"));
    expect(await answer(ada, create("extra"))).toEqual({
      code: "PT402",
      message: "the plan allows no more workspaces than there are: 3",
      hint: "choose a plan with more workspaces, or ask for an override",
    });
    await client.query("update public.workspaces set state = 'deleted' where name = 'sales'");
    await act(ada, create("extra"));
  });

  it("can be withdrawn only while it has no project", async () => {
    const [request] = (await act(ada, `${create("sales")} as id`)) as [{ id: string }];
    await act(ada, `withdraw_workspace('${request.id}')`);
    expect(await rowsOf("select name from public.workspaces")).toEqual([{ name: "personal" }]);
    const [again] = (await act(ada, `${create("sales")} as id`)) as [{ id: string }];
    expect(again).toEqual(request);
    await client.query("update public.workspaces set state = 'active'");
    expect((await answer(ada, `withdraw_workspace('${again.id}')`))?.message).toBe("the workspace is active");
    await client.query("update public.workspaces set managed_by = 'manifest'");
    expect((await answer(ada, `withdraw_workspace('${again.id}')`))?.hint).toMatch("change `workspaces` in");
  });

  it("is a throwaway if it has an expiry date, which the switcher shows", async () => {
    await act(ada, create("spike", ", 'A spike', current_date + 3"));
    expect(await act(ada, `my_workspaces('${acme}')`)).toMatchObject([
      { name: "personal", throwaway: false },
      { name: "spike", display_name: "A spike", throwaway: true },
    ]);
    expect((await answer(ada, create("late", ", null, current_date - 1")))?.code).toBe("PT400");
  });

  it("with a name that was used before is a new generation", async () => {
    const organization = one(await rowsOf<{ name: string }>("select name from public.organizations")).name;
    await client.query("update public.workspaces set state = 'deleted'");
    const [second] = await act(ada, create("personal"));
    expect(second).toEqual({ create_workspace: stableId(`camelai/${organization}/personal`, 2) });
    // This includes the first name of a renamed workspace.
    await client.query(
      "update public.workspaces set name = 'renamed', generation = 1 where state <> 'deleted'",
    );
    const [third] = await act(ada, create("personal"));
    expect(third).toEqual({ create_workspace: stableId(`camelai/${organization}/personal`, 3) });
  });

  it.each(["", "Sales", "two--hyphens", "-a", "1st", "a".repeat(41)])(
    "can't be called `%s`",
    async (name) => {
      expect((await answer(ada, create(name)))?.code).toBe("PT400");
    },
  );

  it("has a unique name in its organization", async () => {
    expect((await answer(ada, create("personal")))?.code).toBe("PT409");
  });

  it("has an id that depends on the generation of its organization", async () => {
    const name = one(await rowsOf<{ name: string }>("select name from public.organizations")).name;
    await client.query("update public.organizations set generation = 2");
    const [{ id }] = (await act(ada, `${create("sales")} as id`)) as [{ id: string }];
    expect(id).toBe(stableId(`camelai/${name}#2/sales`));
  });
});

it("the last workspace is given out once to two parallel callers", async () => {
  await openPlatform(client);
  const ada = await signUp(client, "ada@example.com");
  const acme = await organizationOf(client, ada);
  await client.query("update public.quotas set workspaces = 2");
  await client.query("commit");
  const other = await database.connect();
  await client.query("begin");
  await other.query("begin");
  await act(ada, `create_workspace('${acme}', 'first')`);
  const second = refusal(callAs(other, ada, `select public.create_workspace('${acme}', 'second')`));
  const waiting = "select from pg_stat_activity where wait_event_type = 'Lock'";
  while ((await client.query(waiting)).rowCount === 0);
  await client.query("commit");
  expect((await second)?.code).toBe("PT402");
  await other.query("rollback");
  expect(await rowsOf("select from public.workspaces")).toHaveLength(2);
});
