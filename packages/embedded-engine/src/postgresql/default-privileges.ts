import type { PropertyMap } from "../property-value.ts";
import { quoteName } from "./connection.ts";
import { asWanted, refusalOf } from "./privileges.ts";
import { listOf, type ResourceType, textOf } from "./resource-type.ts";
import { exist, lockRole, withRoles } from "./roles.ts";

/** The codes of object types in pg_default_acl. */
const OBJECT_TYPES: Readonly<Record<string, string>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};

/** Privileges that a role gets on objects that an owner creates later. */
export const defaultPrivilegesType: ResourceType = {
  properties: {
    role: { required: true, replaces: true },
    database: { required: true, replaces: true },
    owner: { required: true, replaces: true },
    schema: { replaces: true },
    objectType: { required: true, replaces: true },
    privileges: { required: true, set: true },
    withGrantOption: { default: false, replaces: true },
  },
  deleteBeforeReplace: false,
  validate(inputs) {
    const objectType = textOf(inputs, "objectType");
    const known = Object.keys(OBJECT_TYPES);
    if (!known.includes(objectType))
      return [
        {
          property: "objectType",
          reason: `it is ${JSON.stringify(objectType)}; expected ${known.join(", ")}`,
        },
      ];
    if (objectType === "schema" && inputs.schema !== undefined)
      return [{ property: "schema", reason: "cannot specify `schema` when `object_type` is `schema`" }];
    const refusal = refusalOf(objectType, listOf(inputs, "privileges"));
    return refusal === undefined ? [] : [{ property: "privileges", reason: refusal }];
  },
  id: (inputs) =>
    [
      textOf(inputs, "role"),
      textOf(inputs, "database"),
      textOf(inputs, "schema") || "noschema",
      textOf(inputs, "owner"),
      textOf(inputs, "objectType"),
    ].join("_"),
  async ensure(query, inputs) {
    const owner = textOf(inputs, "owner");
    await lockRole(query, owner);
    await withRoles(query, [owner], async () => {
      await query(`${statement(inputs)} REVOKE ALL ON ${objects(inputs)} FROM ${role(inputs)}`);
      const privileges = listOf(inputs, "privileges");
      if (privileges.length === 0) return;
      const option = inputs.withGrantOption === true ? " WITH GRANT OPTION" : "";
      await query(
        `${statement(inputs)} GRANT ${privileges.join(",")} ON ${objects(inputs)} TO ${role(inputs)}${option}`,
      );
    });
  },
  async read(query, known) {
    const schema = textOf(known, "schema");
    if (!(await exist(query, textOf(known, "role"), schema))) return undefined;
    const [row] = await query(
      `SELECT coalesce(array_agg(DISTINCT a.privilege_type), '{}') AS granted
         FROM pg_default_acl d, aclexplode(d.defaclacl) a
        WHERE d.defaclobjtype = $1 AND pg_get_userbyid(d.defaclrole) = $2
          AND d.defaclnamespace = CASE WHEN $3 = '' THEN 0::oid ELSE (SELECT oid FROM pg_namespace WHERE nspname = $3) END
          AND a.grantee = coalesce((SELECT oid FROM pg_roles WHERE rolname = $4), 0::oid)`,
      [OBJECT_TYPES[textOf(known, "objectType")], textOf(known, "owner"), schema, textOf(known, "role")],
    );
    const granted = (row?.granted ?? []) as string[];
    const wanted = listOf(known, "privileges");
    if (granted.length === 0 && wanted.length > 0) return undefined;
    const privileges = asWanted(textOf(known, "objectType"), wanted, granted);
    return privileges === wanted ? known : { ...known, privileges };
  },
  async remove(query, known) {
    if (!(await exist(query, textOf(known, "role"), textOf(known, "schema")))) return;
    const owner = textOf(known, "owner");
    await lockRole(query, owner);
    await withRoles(query, [owner], () =>
      query(`${statement(known)} REVOKE ALL ON ${objects(known)} FROM ${role(known)}`),
    );
  },
};

function statement(inputs: PropertyMap): string {
  const schema = textOf(inputs, "schema");
  const where = schema === "" ? "" : ` IN SCHEMA ${quoteName(schema)}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteName(textOf(inputs, "owner"))}${where}`;
}

function objects(inputs: PropertyMap): string {
  return `${textOf(inputs, "objectType").toUpperCase()}S`;
}

function role(inputs: PropertyMap): string {
  return quoteName(textOf(inputs, "role"));
}
