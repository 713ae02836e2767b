import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, type Kind, startDatabase } from "../databases/database.ts";

/** The columns that a role may set, by table, in new and in existing rows. The server sets all others. */
type Writers = Readonly<Record<string, Readonly<Record<string, { insert: string; update: string }>>>>;

const CONTROL_PLANE: Writers = {
  "public.agent_sessions": {
    service_role: {
      insert: "created_at ended_at id started_at status user_id workspace_id",
      update: "created_at ended_at id started_at status user_id workspace_id",
    },
  },
  "public.escalations": {
    service_role: {
      insert: "agent_session_id created_at id reason resolved_at resolved_by status workspace_id",
      update: "agent_session_id created_at id reason resolved_at resolved_by status workspace_id",
    },
  },
  "public.usage_logs": {
    service_role: {
      insert:
        "agent_session_id api_key_id created_at credits details id operation wallet_entry_id workspace_id",
      update: "",
    },
  },
};

const WORKSPACE: Writers = {
  "public.agent_sessions": {
    service_role: {
      insert: "chat_id created_at created_by ended_at id status workspace_id",
      update: "chat_id created_at created_by ended_at id status workspace_id",
    },
  },
  "public.agent_state": {
    service_role: {
      insert: "agent key updated_at value workspace_id",
      update: "agent key updated_at value workspace_id",
    },
  },
  "public.chats": {
    authenticated: { insert: "title", update: "archived title" },
    service_role: {
      insert: "archived created_at created_by id title updated_at workspace_id",
      update: "archived created_at created_by id title updated_at workspace_id",
    },
  },
  "public.files": {
    authenticated: {
      insert: "bytes media_type object_name path",
      update: "bytes media_type object_name path",
    },
    service_role: {
      insert: "bytes created_at created_by id media_type object_name path updated_at workspace_id",
      update: "bytes created_at created_by id media_type object_name path updated_at workspace_id",
    },
  },
  "public.messages": {
    authenticated: { insert: "chat_id content", update: "" },
    service_role: {
      insert: "chat_id content created_at created_by id role workspace_id",
      update: "chat_id content created_at created_by id role workspace_id",
    },
  },
};

const EXPECTED: Record<Kind, Writers> = { "control-plane": CONTROL_PLANE, workspace: WORKSPACE };

describe.each<Kind>(["control-plane", "workspace"])("in a %s", (kind) => {
  let database: Database;
  let client: pg.Client;
  beforeAll(async () => {
    database = await startDatabase(kind);
    client = await database.connect();
  });
  afterAll(() => database.stop());

  it("the columns that a role of the data API may set are listed", async () => {
    const { rows } = await client.query<{ name: string; role: string; insert: string; update: string }>(
      WRITERS,
    );
    const found: Record<string, Record<string, { insert: string; update: string }>> = {};
    for (const { name, role, ...columns } of rows) found[name] = { ...found[name], [role]: columns };
    expect(found).toEqual(EXPECTED[kind]);
  });

  it("no person can set the author, the owner or the timestamps of a row", async () => {
    const { rows } = await client.query(WRITERS);
    const servers =
      /^(id|role|owner|owner_id|user_id|workspace_id|organization_id|managed_by|created_by|\w+_at)$/;
    const offending = rows.flatMap(({ name, role, insert, update }) =>
      role === "service_role"
        ? []
        : `${insert} ${update}`
            .split(" ")
            .filter((column) => servers.test(column))
            .map((column) => `${role} sets ${name}.${column}`),
    );
    expect(offending).toEqual([]);
  });

  it("no person can delete a row on which other rows depend", async () => {
    const { rows } = await client.query<{ what: string }>(`
      select role || ' deletes ' || confrelid::regclass || ' and with it ' || conrelid::regclass as what
      from pg_constraint, unnest(array['anon', 'authenticated']) as role
      where contype = 'f' and confdeltype in ('c', 'n', 'd') and confrelid::regclass::text !~ '^storage\\.'
        and has_table_privilege(role, confrelid, 'delete')`);
    expect(rows).toEqual([]);
  });
});

const WRITERS = `
  select relnamespace::regnamespace || '.' || relname as name, role,
    coalesce(string_agg(attname, ' ' order by attname)
      filter (where has_column_privilege(role, attrelid, attnum, 'insert')), '') as insert,
    coalesce(string_agg(attname, ' ' order by attname)
      filter (where has_column_privilege(role, attrelid, attnum, 'update')), '') as update
  from pg_class join pg_attribute on attrelid = pg_class.oid,
    unnest(array['anon', 'authenticated', 'service_role'] || array(
      select rolname::text from pg_roles where rolname = 'tenantry_gateway')) as role
  where relkind in ('r', 'p', 'v') and relnamespace::regnamespace::text in ('public', 'private')
    and attnum > 0 and not attisdropped
  group by 1, 2
  having bool_or(has_column_privilege(role, attrelid, attnum, 'insert, update'))
  order by 1, 2`;
