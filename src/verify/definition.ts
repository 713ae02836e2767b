import { isDeepStrictEqual } from "node:util";
import type { InputsOf } from "../provider/registry.ts";
import { foundAccess } from "../provider/resources/postgres/access.ts";
import { canonical, found, specified } from "../provider/resources/postgres/row-security-state.ts";
import type { Catalog } from "../vendors/postgres/catalog/catalog.ts";
import { undeclared } from "../vendors/postgres/closed-world/undeclared.ts";
import type { Deparsed } from "../vendors/postgres/scripts/deparse.ts";
import type { Difference } from "./difference.ts";

type RowSecurity = Omit<InputsOf<"postgres:RowSecurity">, "project">;
type Schema = InputsOf<"postgres:Schema">;
type Function = RowSecurity["functions"][string];
type Table = RowSecurity["tables"][string];

/** The definition of a database; see `databaseDefinition` of infra/database.ts. */
export interface Definition {
  readonly access: Omit<InputsOf<"postgres:Access">, "project">;
  readonly rowSecurity: RowSecurity;
  readonly schema: Pick<Schema, "schemas" | "migrations" | "definitions">;
}

/** The definitions for PostgreSQL to deparse. */
export function toDeparse(definition: Definition) {
  return specified({ ...definition.rowSecurity, project: "" }, undefined);
}

/** The roles that may call each function, by signature. */
export function executorsOf({ rowSecurity }: Definition): Record<string, readonly string[]> {
  const entries = Object.entries(rowSecurity.functions);
  return Object.fromEntries(entries.map(([signature, { execute }]) => [canonical(signature), execute]));
}

/**
 * Compares a database's catalogs with its definition: migrations, row security, policies, functions and privileges.
 *
 * @param deparsed the definition as PostgreSQL deparses it in this database
 * @param issuer the issuer of the tokens that a control plane trusts; absent for a workspace, where it is compared elsewhere
 */
export function compareDefinition(
  definition: Definition,
  deparsed: Deparsed,
  catalog: Catalog,
  issuer?: string,
): Difference[] {
  const declared = { ...definition.rowSecurity, project: "" };
  const today = found(declared, digests(deparsed), catalog);
  return [
    ...accessDifferences(definition, catalog),
    ...schemaDifferences(definition.schema, catalog),
    ...byName(declared.functions, today.functions, functionDifferences),
    ...byName(declared.tables, today.tables, tableDifferences),
    ...strayPolicies(definition, catalog),
    ...undeclared(definition.access, catalog, issuer).map(({ identity, opens }) => ({
      subject: identity,
      expected: "isn't declared",
      found: opens,
    })),
    ...leakyViews(definition.schema.schemas, catalog),
  ];
}

function digests({ functions, policies }: Deparsed): Record<string, string> {
  const entries = [
    ...Object.entries(functions).map(([signature, digest]) => [`function ${signature}`, digest] as const),
    ...Object.entries(policies).flatMap(([table, ofTable]) =>
      Object.entries(ofTable).map(([name, digest]) => [`policy ${name} on ${table}`, digest] as const),
    ),
  ];
  return Object.fromEntries(entries.flatMap(([key, digest]) => (digest === null ? [] : [[key, digest]])));
}

function byName<T>(
  declared: Readonly<Record<string, T>>,
  today: Readonly<Record<string, T>>,
  compare: (name: string, declared: T | undefined, today: T | undefined) => Difference[],
): Difference[] {
  const names = new Set([...Object.keys(declared), ...Object.keys(today)]);
  return [...names].flatMap((name) => compare(name, declared[name], today[name]));
}

function functionDifferences(
  signature: string,
  declared: Function | undefined,
  today: Function | undefined,
): Difference[] {
  const subject = `function ${signature}`;
  if (today === undefined) return [{ subject, expected: "exists", found: "is missing" }];
  const calls = listed(subject, "may be called by", declared?.execute ?? [], today.execute);
  if (declared === undefined) return [{ subject, expected: "isn't declared", found: "exists" }, ...calls];
  const owners = [declared.owner ?? "postgres", today.owner ?? "postgres"] as const;
  return [
    ...(declared.definition === today.definition
      ? []
      : [{ subject, expected: "has its declared body", found: "has a different body" }]),
    ...(owners[0] === owners[1]
      ? []
      : [{ subject, expected: `is owned by ${owners[0]}`, found: `is owned by ${owners[1]}` }]),
    ...calls,
  ];
}

function tableDifferences(name: string, declared: Table | undefined, today: Table | undefined): Difference[] {
  const subject = `table ${name}`;
  if (today === undefined) return [{ subject, expected: "exists", found: "is missing" }];
  const privileges = byName(declared?.grants ?? {}, today.grants ?? {}, (role, expected, granted) =>
    listed(subject, `grants ${role}`, expected ?? [], granted ?? []),
  );
  const policies = byName(declared?.policies ?? {}, today.policies ?? {}, (policy, expected, existing) =>
    policyDifferences(`policy ${policy} on ${name}`, expected, existing),
  );
  const open = today.open === true;
  return [
    ...(open ? [{ subject, expected: "row security is on", found: "row security is off" }] : []),
    ...privileges,
    ...policies,
  ];
}

type Policy = NonNullable<Table["policies"]>[string];

function policyDifferences(
  subject: string,
  declared: Policy | undefined,
  today: Policy | undefined,
): Difference[] {
  if (declared === today) return [];
  if (today === undefined) return [{ subject, expected: "exists", found: "is missing" }];
  if (declared === undefined)
    return [{ subject, expected: "isn't declared", found: `exists, ${describePolicy(today)}` }];
  return [{ subject, expected: describePolicy(declared), found: describePolicy(today) }];
}

function describePolicy({ for: command, to, using, check }: Policy): string {
  const conditions = [using && `using (${using})`, check && `check (${check})`].filter(Boolean).join(" ");
  return `for ${command} to ${to.join(", ")} ${conditions}`;
}

/** Compares lists as sets. `insert` and `insert(title)` are different privileges. */
function listed(
  subject: string,
  what: string,
  promised: readonly string[],
  found: readonly string[],
): Difference[] {
  const none = what.startsWith("grants") ? "nothing" : "no role";
  const normal = (names: readonly string[]) => names.flatMap(eachColumn).sort().join(", ") || none;
  const [expected, actual] = [normal(promised), normal(found)];
  return expected === actual
    ? []
    : [{ subject, expected: `${what} ${expected}`, found: `${what} ${actual}` }];
}

/** Splits privileges on several columns: `update(a, b)` becomes `update(a)` and `update(b)`. */
function eachColumn(privilege: string): string[] {
  const [, word, columns] = /^(\w+)\s*\((.*)\)$/.exec(privilege) ?? [];
  return columns === undefined
    ? [privilege]
    : columns.split(",").map((column) => `${word}(${column.trim()})`);
}

/** Compares roles, extensions, schema usage, default privileges and PostgREST's settings. */
function accessDifferences({ access }: Definition, catalog: Catalog): Difference[] {
  const today = foundAccess({ ...access, project: "" }, catalog);
  const { roles = {}, extensions = {}, schemas = {}, settings = {}, defaultPrivileges = [] } = access;
  const { memberships = {} } = access;
  const compare = (kind: string) => (name: string, declared: unknown, found: unknown) =>
    same(`${kind} ${name}`, declared, found);
  return [
    ...byName<unknown>(roles, today.roles ?? {}, compare("role")),
    ...byName<unknown>(extensions, today.extensions ?? {}, compare("extension")),
    ...byName<unknown>(schemas, today.schemas ?? {}, compare("schema")),
    ...byName<unknown>(memberships, today.memberships ?? {}, compare("memberships of")),
    ...byName<unknown>(settings, today.settings ?? {}, compare("settings of")),
    ...defaultPrivileges.flatMap((entry, index) =>
      same(`new ${entry.on} of ${entry.schema ?? "any schema"}`, entry, today.defaultPrivileges?.[index]),
    ),
  ];
}

function same(subject: string, declared: unknown, found: unknown): Difference[] {
  if (isDeepStrictEqual(declared, found)) return [];
  const tell = (value: unknown) => (value === undefined ? "is missing" : JSON.stringify(value));
  return [{ subject, expected: tell(declared), found: tell(found) }];
}

function schemaDifferences(
  { migrations, definitions = {} }: Definition["schema"],
  { ledger }: Catalog,
): Difference[] {
  if (ledger === null) return [{ subject: "migrations", expected: "are applied", found: "none was applied" }];
  const objects = Object.entries(ledger.differences).map(([subject, difference]) => ({
    subject,
    expected: "is as the migrations created it",
    found: difference === "missing" ? "is missing" : `was ${difference}`,
  }));
  return [
    ...scriptDifferences("migration", migrations, ledger.migrations),
    ...scriptDifferences("definition", definitions, ledger.definitions),
    ...objects,
  ];
}

function scriptDifferences(
  noun: string,
  scripts: Schema["migrations"],
  applied: Readonly<Record<string, string>>,
): Difference[] {
  const checksums = Object.entries(scripts).map(([name, { checksum }]) => [name, checksum]);
  return byName<string>(Object.fromEntries(checksums), applied, (name, declared, today) => {
    const subject = `${noun} ${name}`;
    if (today === undefined) return [{ subject, expected: "is applied", found: "isn't applied" }];
    if (declared === undefined) return [{ subject, expected: "isn't declared", found: "was applied" }];
    return declared === today
      ? []
      : [{ subject, expected: "has the declared text", found: "has another text" }];
  });
}

/** Undeclared policies in the managed schemas. `undeclared` finds those on Supabase's tables. */
function strayPolicies(
  { schema: { schemas }, rowSecurity }: Definition,
  { relations }: Catalog,
): Difference[] {
  return Object.entries(relations).flatMap(([name, { policies }]) => {
    const isOurs = schemas.some((schema) => name.startsWith(`${schema}.`));
    if (!isOurs || rowSecurity.tables[name] !== undefined) return [];
    return Object.keys(policies).map((policy) => ({
      subject: `policy ${policy} on ${name}`,
      expected: "isn't declared",
      found: "exists",
    }));
  });
}

/** Views that run with their owner's rights: they show every row, because the owner bypasses row security. */
function leakyViews(schemas: readonly string[], { relations }: Catalog): Difference[] {
  return Object.entries(relations).flatMap(([name, { kind, securityInvoker }]) => {
    const ours = schemas.some((schema) => name.startsWith(`${schema}.`));
    if (kind !== "view" || !ours || securityInvoker === true) return [];
    return [
      {
        subject: `view ${name}`,
        expected: "shows the rows that its caller may read (security_invoker)",
        found: "shows the rows that its owner may read",
      },
    ];
  });
}
