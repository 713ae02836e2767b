import { quoteName } from "./connection.ts";
import { type ResourceType, textOf } from "./resource-type.ts";
import { ownerOfDatabase, withRoles } from "./roles.ts";

/** A schema. An existing one is adopted, and its owner is set. */
export const schemaType: ResourceType = {
  properties: {
    name: {},
    database: { computed: true, replaces: true },
    owner: { computed: true },
    ifNotExists: { default: true },
    dropCascade: { default: false },
  },
  deleteBeforeReplace: false,
  validate: () => [],
  id: (inputs, database) => `${textOf(inputs, "database") || database}.${textOf(inputs, "name")}`,
  async ensure(query, inputs, olds) {
    const name = quoteName(textOf(inputs, "name"));
    const owner = textOf(inputs, "owner");
    const before = olds === undefined ? "" : textOf(olds, "name");
    await withRoles(query, [await ownerOfDatabase(query), ...(owner === "" ? [] : [owner])], async () => {
      if (before !== "" && before !== textOf(inputs, "name"))
        await query(`ALTER SCHEMA ${quoteName(before)} RENAME TO ${name}`);
      const rows = await query("SELECT FROM pg_namespace WHERE nspname = $1", [textOf(inputs, "name")]);
      const authorization = owner === "" ? "" : ` AUTHORIZATION ${quoteName(owner)}`;
      if (rows.length === 0) await query(`CREATE SCHEMA ${name}${authorization}`);
      else if (owner !== "") await query(`ALTER SCHEMA ${name} OWNER TO ${quoteName(owner)}`);
    });
  },
  async read(query, known) {
    const [row] = await query(
      "SELECT pg_get_userbyid(nspowner) AS owner, current_database() AS database FROM pg_namespace WHERE nspname = $1",
      [textOf(known, "name")],
    );
    if (row === undefined) return undefined;
    return { policies: [], ...known, owner: String(row.owner), database: String(row.database) };
  },
  async remove(query, known) {
    const mode = known.dropCascade === true ? "CASCADE" : "RESTRICT";
    const owner = textOf(known, "owner");
    await withRoles(query, owner === "" ? [] : [owner], () =>
      query(`DROP SCHEMA IF EXISTS ${quoteName(textOf(known, "name"))} ${mode}`),
    );
  },
};
