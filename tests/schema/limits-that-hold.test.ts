import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
import {
  callAs,
  moveToPlan,
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
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

beforeEach(async () => {
  await client.query("begin");
  await openPlatform(client);
  ada = await signUp(client, "ada@example.com");
});
afterEach(() => client.query("rollback"));

const act = (person: Person, call: string) => callAs(client, person, `select * from public.${call}`);
const answer = async (person: Person, call: string) => (await refusal(act(person, call)))?.code;

/** Creates another organization of a person, with seats for others. */
async function found(person: Person, name: string): Promise<string> {
  const [made] = (await act(person, `create_organization('${name}') as id`)) as [{ id: string }];
  await moveToPlan(client, made.id, "team");
  return made.id;
}

/** Adds a person without an own organization as a member. */
async function join(owner: Person, organization: string, name: string): Promise<Person> {
  await act(owner, `invite('${organization}', '${name}@example.com')`);
  const person = await signUp(client, `${name}@example.com`);
  await act(person, `accept_invitation('${organization}')`);
  return person;
}

/** Sets up an organization like `up` after an intake. */
const setUp = (organization: string) =>
  client.query("update public.organizations set managed_by = 'manifest' where id = $1", [organization]);

describe("a person can have three organizations that aren't set up yet,", () => {
  it("even if another person owns them now", async () => {
    const [first, second] = [await found(ada, "b"), await found(ada, "c")];
    const heir = await join(ada, first, "heir");
    await act(ada, `transfer_ownership('${first}', '${heir.email}')`);
    expect(await answer(ada, "create_organization('d')")).toBe("PT402");
    await setUp(second);
    await act(ada, "create_organization('d')");
    expect(await answer(ada, "create_organization('e')")).toBe("PT402");
  });

  it("even if the founder has a new address, or a new account with the same address", async () => {
    for (const name of ["b", "c"]) await found(ada, name);
    await client.query("update auth.users set email = 'ada.b@example.com' where id = $1", [ada.id]);
    expect(await answer({ ...ada, email: "ada.b@example.com" }, "create_organization('d')")).toBe("PT402");
    await client.query("delete from auth.users where id = $1", [ada.id]);
    const again = await signUp(client, "ada@example.com");
    expect(await answer(again, "create_organization('d')")).toBe("PT402");
  });

  it("even if others founded them, so a transfer of a fourth is refused", async () => {
    const eve = await signUp(client, "eve@example.com");
    const mine = await found(ada, "b");
    await moveToPlan(client, mine, "team");
    await act(ada, `invite('${mine}', 'eve@example.com')`);
    await act(eve, `accept_invitation('${mine}')`);
    for (const name of ["c", "d"]) await found(eve, name);
    const transfer = `transfer_ownership('${mine}', 'eve@example.com')`;
    expect(await answer(ada, transfer)).toBe("PT402");
    await client.query("update public.organizations set managed_by = 'manifest' where display_name in ('c')");
    expect(await answer(ada, transfer)).toBeUndefined();
  });

  it("and one that is set up can be transferred to a person with three", async () => {
    const mine = await found(ada, "b");
    const eve = await join(ada, mine, "eve");
    for (const name of ["c", "d", "e"]) await found(eve, name);
    await setUp(mine);
    expect(await answer(ada, `transfer_ownership('${mine}', '${eve.email}')`)).toBeUndefined();
  });
});

describe("invitations of an unpaid organization", () => {
  let acme: string;
  beforeEach(async () => {
    acme = await organizationOf(client, ada);
    await moveToPlan(client, acme, "team");
    await client.query("update public.quotas set seats = null");
  });

  const invite = (name: string) => `invite('${acme}', '${name}@example.com')`;
  const sendTwenty = async () => {
    for (let number = 1; number <= 20; number++) await act(ada, invite(`person-${number}`));
  };

  it("are limited to twenty a day, including revoked and repeated ones", async () => {
    for (let number = 1; number <= 10; number++) {
      await act(ada, invite("alan"));
      if (number % 2 === 0) await act(ada, `revoke_invitation('${acme}', 'alan@example.com')`);
      await act(ada, invite(`other-${number}`));
    }
    expect(await refusal(act(ada, invite("alan")))).toEqual({
      code: "PT429",
      message: "20 invitations were sent today, the most without a paid plan",
      hint: "invite again tomorrow (UTC), or choose a plan that is paid",
    });
    expect(await answer(ada, `revoke_invitation('${acme}', 'other-1@example.com')`)).toBeUndefined();
    expect(await answer(ada, invite("other-1"))).toBe("PT429");
  });

  it("are counted again the next day, without refused ones", async () => {
    for (let number = 1; number <= 19; number++) await act(ada, invite(`person-${number}`));
    expect(await answer(ada, `invite('${acme}', 'no address')`)).toBe("PT400");
    await act(ada, invite("last"));
    expect(await answer(ada, invite("more"))).toBe("PT429");
    await client.query("update private.invitation_days set day = day - 1");
    await act(ada, invite("more"));
  });

  it.each([
    ["on a plan by contract", "managed_by = 'manifest'", undefined],
    ["on a trial", "managed_by = 'manifest', subscription_status = 'trialing'", "PT429"],
    ["that isn't set up yet", "managed_by = 'app'", "PT429"],
  ])("have no daily limit if it is paid: one %s", async (_, change, code) => {
    await sendTwenty();
    await client.query(`update public.organizations set ${change} where id = $1`, [acme]);
    expect(await answer(ada, invite("more"))).toBe(code);
  });

  it.each([
    [0, "PT429"],
    [4900, undefined],
  ])("depend on the plan in force: %s a month", async (amount, code) => {
    await sendTwenty();
    await client.query("update public.organizations set managed_by = 'manifest', plan_in_force = 'solo'");
    await client.query("update public.plans set monthly_amount = $1 where name = 'solo'", [amount]);
    expect(await answer(ada, invite("more"))).toBe(code);
  });
});

describe("two calls at the same time", () => {
  let shared: { database: Database; client: pg.Client };
  let acme: string;
  // A race commits its rows, and the next one begins without them.
  beforeEach(async () => {
    shared = { database, client };
    database = await startDatabase("control-plane");
    client = await database.connect();
    await client.query("begin");
    await openPlatform(client);
    ada = await signUp(client, "ada@example.com");
    acme = await organizationOf(client, ada);
    await moveToPlan(client, acme, "team");
    await client.query("update public.quotas set seats = null");
  });
  afterEach(async () => {
    await database.stop();
    ({ database, client } = shared);
  });

  const invite = (name: string) => `invite('${acme}', '${name}@example.com')`;

  it("create the last allowed organization once", async () => {
    await found(ada, "b");
    await client.query("commit");
    const create = "create_organization('last')";
    expect(await race([ada, create], [ada, create])).toEqual([undefined, "PT402"]);
  });

  it("can't exceed the limit by creating and receiving organizations", async () => {
    const mine = await found(ada, "b");
    const eve = await join(ada, mine, "eve");
    for (const name of ["c", "d"]) await found(eve, name);
    await client.query("commit");
    expect(
      await race([eve, "create_organization('e')"], [ada, `transfer_ownership('${mine}', '${eve.email}')`]),
    ).toEqual([undefined, "PT402"]);
  });

  it("send the last invitation of a day once", async () => {
    for (let number = 1; number <= 19; number++) await act(ada, invite(`person-${number}`));
    await client.query("commit");
    expect(await race([ada, invite("one")], [ada, invite("other")])).toEqual([undefined, "PT429"]);
  });

  it("take the last seat once", async () => {
    await client.query("update public.quotas set seats = 2");
    await client.query("commit");
    expect(await race([ada, invite("one")], [ada, invite("other")])).toEqual([undefined, "PT402"]);
  });
});

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
  let ended = false;
  const after = call(other, second).finally(() => {
    ended = true;
  });
  const waiting = "select from pg_stat_activity where wait_event_type = 'Lock'";
  while (!ended && (await client.query(waiting)).rowCount === 0);
  await one.query("commit");
  const outcomes = [before, await after];
  await other.query("commit");
  return outcomes;
}
