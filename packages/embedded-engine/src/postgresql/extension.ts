import { quoteName } from "./connection.ts";
import { type ResourceType, textOf } from "./resource-type.ts";

/** An extension of one database. */
export const extensionType: ResourceType = {
  properties: {
    name: { replaces: true },
    database: { computed: true, replaces: true },
    schema: { computed: true },
    version: { computed: true },
    createCascade: { default: false },
    dropCascade: { default: false },
  },
  deleteBeforeReplace: false,
  validate: () => [],
  id: (inputs, database) => `${textOf(inputs, "database") || database}.${textOf(inputs, "name")}`,
  async ensure(query, inputs, olds) {
    const name = quoteName(textOf(inputs, "name"));
    const schema = textOf(inputs, "schema");
    const version = textOf(inputs, "version");
    if (olds !== undefined) {
      if (schema !== "" && schema !== textOf(olds, "schema"))
        await query(`ALTER EXTENSION ${name} SET SCHEMA ${quoteName(schema)}`);
      if (version !== "" && version !== textOf(olds, "version"))
        await query(`ALTER EXTENSION ${name} UPDATE TO ${quoteName(version)}`);
      return;
    }
    const clauses = [
      schema === "" ? "" : ` SCHEMA ${quoteName(schema)}`,
      version === "" ? "" : ` VERSION ${quoteName(version)}`,
      inputs.createCascade === true ? " CASCADE" : "",
    ];
    await query(`CREATE EXTENSION IF NOT EXISTS ${name}${clauses.join("")}`);
  },
  async read(query, known) {
    const [row] = await query(
      "SELECT n.nspname AS schema, e.extversion AS version, current_database() AS database" +
        " FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1",
      [textOf(known, "name")],
    );
    if (row === undefined) return undefined;
    return {
      ...known,
      schema: String(row.schema),
      version: String(row.version),
      database: String(row.database),
    };
  },
  async remove(query, known) {
    const mode = known.dropCascade === true ? "CASCADE" : "RESTRICT";
    await query(`DROP EXTENSION IF EXISTS ${quoteName(textOf(known, "name"))} ${mode}`);
  },
};
