import { type Query, quoteName } from "./connection.ts";

/**
 * Makes the connected user a member of these roles during the work, because a user other than a superuser must be a member of an
 * object's owner to change it. The memberships are revoked in the same transaction.
 */
export async function withRoles<Result>(
  query: Query,
  roles: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const lent: string[] = [];
  for (const role of new Set(roles)) {
    const [found] = await query(
      "SELECT quote_ident(current_user) AS me, r.rolsuper OR me.rolsuper OR pg_has_role(current_user, r.oid, 'SET') AS free" +
        " FROM pg_roles r, pg_roles me WHERE r.rolname = $1 AND me.rolname = current_user",
      [role],
    );
    if (found === undefined || found.free === true) continue;
    await query(`GRANT ${quoteName(role)} TO ${found.me}`);
    lent.push(`${quoteName(role)} FROM ${found.me}`);
  }
  const result = await work();
  for (const membership of lent) await query(`REVOKE ${membership}`);
  return result;
}

/** Serializes changes of one role's privileges. Without the lock, PostgreSQL fails with "tuple concurrently updated". */
export async function lockRole(query: Query, role: string): Promise<void> {
  await query("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_roles WHERE rolname = $1", [role]);
}

export async function ownerOfDatabase(query: Query): Promise<string> {
  const [row] = await query(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()",
  );
  return String(row?.owner);
}

/** The owners of a schema and, with `tables`, of the tables in it. */
export async function ownersOfSchema(
  query: Query,
  schema: string,
  tables: boolean,
): Promise<readonly string[]> {
  const rows = await query(
    "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = $1" +
      (tables ? " UNION SELECT tableowner FROM pg_tables WHERE schemaname = $1" : ""),
    [schema],
  );
  return Promise.all(
    rows.map(({ owner }) => (owner === "pg_database_owner" ? ownerOfDatabase(query) : String(owner))),
  );
}

/** Whether the role and, if given, the schema exist. Without them, no grant exists either. */
export async function exist(query: Query, role: string, schema: string): Promise<boolean> {
  const [row] = await query(
    "SELECT ($1 = 'public' OR EXISTS (SELECT FROM pg_roles WHERE rolname = $1))" +
      " AND ($2 = '' OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $2)) AS there",
    [role, schema],
  );
  return row?.there === true;
}
