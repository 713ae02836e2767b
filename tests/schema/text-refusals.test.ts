import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, failure, startDatabase } from "../databases/database.ts";
import { callAs, moveToPlan, openPlatform, organizationOf, type Person, refusal, signUp } from "./product.ts";

describe("the control plane", () => {
  let database: Database;
  let client: pg.Client;
  let ada: Person;
  let acme: string;
  let personal: string;
  beforeAll(async () => {
    database = await startDatabase("control-plane");
    client = await database.connect();
  });
  afterAll(() => database.stop());
  beforeEach(async () => {
    await client.query("begin");
    await openPlatform(client);
    ada = await signUp(client, "ada@example.com");
    acme = await organizationOf(client, ada);
    await moveToPlan(client, acme, "team");
    const { rows } = await client.query<{ id: string }>("select id from public.workspaces");
    personal = rows[0]?.id ?? "";
  });
  afterEach(() => client.query("rollback"));

  const answer = (person: Person, name: string, ...values: unknown[]) => {
    const parameters = values.map((_, index) => `$${index + 1}`).join(", ");
    return refusal(callAs(client, person, `select public.${name}(${parameters})`, values));
  };
  const count = async (table: string) =>
    (await client.query<{ count: number }>(`select count(*)::int from public.${table}`)).rows[0]?.count;

  it.each([
    ["a byte order mark", "\ufeff"],
    ["joiners alone", "\u200d\u200c"],
    ["wide blanks", "\u3000\u2003"],
    ["an empty Braille pattern", "\u2800"],
    ["a filler of Hangul", "\u3164"],
    ["an override of direction", "Acme \u202egnp.exe"],
    ["an isolate of direction", "Acme \u2066Inc\u2069"],
    ["a zero-width space", "Ac\u200bme"],
    ["a line separator", "Acme\u2028Inc"],
    ["an escape sequence", "\u001b[2JAcme"],
    ["a control of the second block", "Acme\u009b2J"],
    ["too many characters", "a".repeat(101)],
  ])("names no organization and no workspace by %s", async (_, name) => {
    expect(await answer(ada, "create_organization", name)).toMatchObject({
      code: "PT400",
      hint: "one line of text, up to 100 characters, without control, direction or invisible characters",
    });
    expect((await answer(ada, "create_workspace", acme, "spike", name))?.code).toBe("PT400");
    expect(await count("organizations")).toBe(1);
    expect(await count("workspaces")).toBe(1);
  });

  it.each([
    "Ünïcödé & Söhne",
    "株式会社\u3000辻\u{e0100}",
    "نرم\u200cافزار",
    "Zoë 👩\u200d👩\u200d👧 ❤\ufe0f",
    "👍".repeat(100),
  ])("names an organization %s", async (name) => {
    expect(await answer(ada, "create_organization", name)).toBeUndefined();
  });

  it.each(["a&b@x.example", "a/b@x.example", "a%b@x.example", "x@x.xn--p1ai", `${"a".repeat(64)}@x.example`])(
    "gives %s an organization at the sign-up, and takes in an invitation of it",
    async (email) => {
      expect(await organizationOf(client, await signUp(client, email))).toBeDefined();
      expect(await answer(ada, "invite", acme, `new-${email.slice(-20)}`)).toBeUndefined();
    },
  );

  // What Supabase Auth's own check lets through.
  it.each([`${"a".repeat(120)}@x.example`, "a..b@x.example", ".a@x.example", "a@localhost", "a@10.0.0.1"])(
    "lets %s sign in, and nothing else",
    async (email) => {
      const person = await signUp(client, email);
      expect(await count("organizations")).toBe(1);
      expect((await answer(person, "create_organization", "Acme"))?.code).toBe("PT400");
    },
  );

  it.each([
    "a\u0000b@x.example".replace("\0", "\u0001"),
    "a b@x.example",
    "ada@x.example\n",
    "\u202eada@x.example",
    "@@",
    `a@${"x.".repeat(130)}example`,
  ])("refuses an invitation of %j", async (email) => {
    expect((await answer(ada, "invite", acme, email))?.code).toBe("PT400");
    expect((await answer(ada, "set_billing_email", acme, email))?.code).toBe("PT400");
  });

  it.each([
    ["add_connection", ["lake", "bigquery", "v".repeat(1001)]],
    ["add_connection", ["lake", "bigquery", "vault/\u202elake"]],
    ["add_connection", ["lake", "b".repeat(41), "vault/lake"]],
    ["add_cron_job", ["nightly", "0 3 * * *", "t".repeat(1001)]],
    ["add_cron_job", ["nightly", "0 3 * * *", "rebuild\n- { email: eve@x.example }"]],
    ["add_cron_job", ["nightly", "*,".repeat(16_000), "rebuild"]],
    ["add_cron_job", ["nightly", "0 3 * * *", null]],
    ["add_app", ["a".repeat(41)]],
    ["create_api_key", ["\u200bci"]],
  ])("refuses text in %s that is too long or not printable: %#", async (name, values) => {
    expect((await answer(ada, name, personal, ...values))?.code).toBe("PT400");
  });

  it("refuses a debit with a too long key", async () => {
    const debit = (key: string, operation: string, details: string) =>
      failure(client, "select public.debit_wallet($1, $2, 'data', 1, $3, $4)", [
        key,
        personal,
        operation,
        details,
      ]);
    await client.query("update public.workspaces set state = 'active'");
    await client.query("select private.post_wallet_entry('gift', $1, 'data', 'plan', 10, 'app')", [acme]);
    expect(await debit("k".repeat(250), "search", "{}")).toBe("PT400");
    expect(await debit("k1", "o".repeat(256), "{}")).toBe("23514");
    expect(await debit("k1", "search", JSON.stringify("d".repeat(20_000)))).toBe("23514");
    expect(await debit("k".repeat(240), "search", "{}")).toBeUndefined();
  });

  it("keeps an invalid older row when other columns of it change", async () => {
    await client.query("alter table public.organizations disable trigger user");
    await client.query("alter table public.members disable trigger user");
    await client.query(
      "update public.organizations set display_name = E'\\ufeff', billing_email = 'a..b@x.example'",
    );
    await client.query("update public.members set email = 'a..b@x.example'");
    await client.query("alter table public.organizations enable trigger user");
    await client.query("alter table public.members enable trigger user");
    const same = "set display_name = display_name, billing_email = billing_email";
    expect(
      await failure(client, `update public.organizations ${same}, llm_provider = 'hosted'`),
    ).toBeUndefined();
    expect(await failure(client, "update public.members set role = role, email = email")).toBeUndefined();
    expect(await failure(client, "update auth.users set email = 'a..b@x.example'")).toBeUndefined();
    expect(await failure(client, "update public.organizations set display_name = E'\\u200b'")).toBe("PT400");
    expect(await failure(client, "update public.organizations set display_name = 'Acme'")).toBeUndefined();
  });
});

describe("a workspace", () => {
  let database: Database;
  let client: pg.Client;
  beforeAll(async () => {
    database = await startDatabase("workspace");
    client = await database.connect();
    await client.query("insert into private.settings (workspace_id, issuer) values (gen_random_uuid(), 'x')");
  });
  afterAll(() => database.stop());
  beforeEach(() => client.query("begin"));
  afterEach(() => client.query("rollback"));

  const insert = (role: string, table: string, columns: Record<string, unknown>) => {
    const names = Object.keys(columns);
    const sql = `insert into public.${table} (${names}) values (${names.map((_, index) => `$${index + 1}`)})`;
    return client.query(`set local role ${role}`).then(() => failure(client, sql, Object.values(columns)));
  };

  it.each<[string, Record<string, unknown>]>([
    ["files", { path: "p".repeat(1025) }],
    ["files", { path: "a/../b" }],
    ["files", { path: "invoice\u202efdp.exe" }],
    ["files", { path: "a", object_name: "o\n" }],
    ["files", { path: "a", media_type: "m".repeat(256) }],
    ["chats", { title: "t".repeat(201) }],
    ["chats", { title: "two\nlines" }],
    ["agent_state", { agent: "", key: "k", value: "{}" }],
    ["agent_state", { agent: "a", key: "k".repeat(256), value: "{}" }],
    ["agent_state", { agent: "a", key: "k", value: JSON.stringify("v".repeat(1_048_576)) }],
  ])("refuses text in %s that is too long or not printable: %#", async (table, columns) => {
    expect(await insert("service_role", table, columns)).toMatch(/^(PT400|23514)$/);
  });

  it("stores messages up to a size", async () => {
    const { rows } = await client.query<{ id: string }>(
      "insert into public.chats default values returning id",
    );
    const message = (text: string) => ({
      chat_id: rows[0]?.id,
      role: "assistant",
      content: JSON.stringify(text),
    });
    expect(await insert("service_role", "messages", message("m".repeat(1_048_576)))).toBe("PT400");
    expect(await insert("service_role", "messages", message("m".repeat(1_048_574)))).toBeUndefined();
  });

  it("stores text of people and servers", async () => {
    expect(await insert("service_role", "files", { path: "Büro/漢字 👍.pdf" })).toBeUndefined();
    expect(await insert("service_role", "chats", { title: "" })).toBeUndefined();
    expect(
      await insert("service_role", "agent_state", { agent: "a", key: "k", value: "{}" }),
    ).toBeUndefined();
  });

  it("accepts invalid older rows from an archive", async () => {
    await client.query("set local tenantry.restoring = 'on'");
    expect(await insert("postgres", "chats", { title: "t".repeat(201) })).toBeUndefined();
  });
});
