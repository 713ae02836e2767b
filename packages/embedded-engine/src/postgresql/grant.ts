import type { PropertyMap } from "../property-value.ts";
import { type Query, quoteName } from "./connection.ts";
import { asWanted, refusalOf } from "./privileges.ts";
import { listOf, type ResourceType, textOf } from "./resource-type.ts";
import { exist, lockRole, ownersOfSchema, withRoles } from "./roles.ts";

const OBJECT_TYPES = ["database", "schema", "table", "sequence", "function", "procedure", "routine"];

/** Privileges of one role on a database, a schema or objects of a schema. Revokes all others. */
export const grantType: ResourceType = {
  properties: {
    role: { required: true, replaces: true },
    database: { required: true, replaces: true },
    schema: { replaces: true },
    objectType: { required: true, replaces: true },
    objects: { replaces: true, set: true },
    columns: { replaces: true, set: true },
    privileges: { required: true, set: true },
    withGrantOption: { default: false, replaces: true },
  },
  deleteBeforeReplace: true,
  validate(inputs) {
    const objectType = textOf(inputs, "objectType");
    if (!OBJECT_TYPES.includes(objectType))
      return [
        {
          property: "objectType",
          reason: `it is ${JSON.stringify(objectType)}; the embedded engine supports ${OBJECT_TYPES.join(", ")}`,
        },
      ];
    if (inputs.columns !== undefined)
      return [
        {
          property: "columns",
          reason: "they require the object type column, which the embedded engine doesn't support",
        },
      ];
    if (inputs.schema === undefined && objectType !== "database")
      return [{ property: "schema", reason: "it is missing" }];
    const refusal = refusalOf(objectType, listOf(inputs, "privileges"));
    return refusal === undefined ? [] : [{ property: "privileges", reason: refusal }];
  },
  id(inputs) {
    const objectType = textOf(inputs, "objectType");
    return [
      textOf(inputs, "role"),
      textOf(inputs, "database"),
      ...(objectType === "database" ? [] : [textOf(inputs, "schema")]),
      objectType,
      ...listOf(inputs, "objects"),
    ].join("_");
  },
  async ensure(query, inputs, olds) {
    await lockRole(query, textOf(inputs, "role"));
    await withRoles(query, await ownersOf(query, inputs), async () => {
      // In one transaction, so that the role never lacks a privilege.
      await query(revocation(olds ?? inputs));
      const privileges = listOf(inputs, "privileges");
      if (privileges.length === 0) return;
      const option = inputs.withGrantOption === true ? " WITH GRANT OPTION" : "";
      await query(
        `GRANT ${privileges.join(",")} ON ${target(inputs)} TO ${quoteName(textOf(inputs, "role"))}${option}`,
      );
    });
  },
  async read(query, known) {
    if (!(await exist(query, textOf(known, "role"), textOf(known, "schema")))) return undefined;
    const wanted = listOf(known, "privileges");
    const objectType = textOf(known, "objectType");
    for (const granted of await grantedOn(query, known)) {
      const privileges = asWanted(objectType, wanted, granted);
      if (privileges !== wanted) return { ...known, privileges };
    }
    return known;
  },
  async remove(query, known) {
    if (!(await exist(query, textOf(known, "role"), textOf(known, "schema")))) return;
    await lockRole(query, textOf(known, "role"));
    await withRoles(query, await ownersOf(query, known), () => query(revocation(known)));
  },
};

async function ownersOf(query: Query, inputs: PropertyMap): Promise<readonly string[]> {
  const objectType = textOf(inputs, "objectType");
  if (objectType === "database") return [];
  return ownersOfSchema(query, textOf(inputs, "schema"), objectType !== "schema");
}

function revocation(inputs: PropertyMap): string {
  return `REVOKE ALL PRIVILEGES ON ${target(inputs)} FROM ${quoteName(textOf(inputs, "role"))}`;
}

/** The objects of the privileges, in the syntax of GRANT and REVOKE. */
function target(inputs: PropertyMap): string {
  const objectType = textOf(inputs, "objectType");
  const schema = quoteName(textOf(inputs, "schema"));
  const keyword = objectType.toUpperCase();
  if (objectType === "database") return `DATABASE ${quoteName(textOf(inputs, "database"))}`;
  if (objectType === "schema") return `SCHEMA ${schema}`;
  const objects = listOf(inputs, "objects").map((object) => `${schema}.${quoteObject(object)}`);
  return objects.length > 0 ? `${keyword} ${objects.join(",")}` : `ALL ${keyword}S IN SCHEMA ${schema}`;
}

/** Quotes an object's name. Functions include their argument types: `f(int, text)`. */
function quoteObject(object: string): string {
  const start = object.indexOf("(");
  return start < 0 ? quoteName(object) : quoteName(object.slice(0, start)) + object.slice(start);
}

/** The privileges of the role on each of the objects. */
async function grantedOn(query: Query, known: PropertyMap): Promise<readonly (readonly string[])[]> {
  const objectType = textOf(known, "objectType");
  const objects = listOf(known, "objects").map((object) => object.split("(")[0]);
  const source = SOURCES[objectType] ?? "";
  const rows = await query(
    `SELECT o.name, coalesce(array_agg(DISTINCT a.privilege_type) FILTER (WHERE a.grantee = role.oid), '{}') AS granted
       FROM (SELECT coalesce((SELECT oid FROM pg_roles WHERE rolname = $1), 0::oid) AS oid) role,
            (${source}) o LEFT JOIN LATERAL aclexplode(o.acl) a ON true
      GROUP BY o.name`,
    [textOf(known, "role"), objectType === "database" ? textOf(known, "database") : textOf(known, "schema")],
  );
  return rows
    .filter(({ name }) => objects.length === 0 || objects.includes(String(name)))
    .map(({ granted }) => granted as string[]);
}

const RELATIONS = "SELECT relname AS name, relacl AS acl FROM pg_class WHERE relnamespace = $2::regnamespace";
const ROUTINES = "SELECT proname AS name, proacl AS acl FROM pg_proc WHERE pronamespace = $2::regnamespace";
const SOURCES: Readonly<Record<string, string>> = {
  database: "SELECT datname AS name, datacl AS acl FROM pg_database WHERE datname = $2",
  schema: "SELECT nspname AS name, nspacl AS acl FROM pg_namespace WHERE nspname = $2",
  table: `${RELATIONS} AND relkind = 'r'`,
  sequence: `${RELATIONS} AND relkind = 'S'`,
  function: ROUTINES,
  procedure: ROUTINES,
  routine: ROUTINES,
};
