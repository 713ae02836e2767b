import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../../shared/package.ts";
import { escapeLiteral } from "./quote.ts";

/** A psql variable, `:name` or `:'name'`; neither a cast (`::text`) nor a slice (`[1:n]`). */
const VARIABLE = /(?<![:\w\])])(?::'([A-Za-z]\w*)'|:([A-Za-z]\w*))/g;

/**
 * The text of a `.sql` file beside this one, with its psql variables replaced: `:name` by SQL, `:'name'` by a literal.
 *
 * The files are read at run time, from source and from the packed product alike.
 *
 * @throws if a variable of the file has no value, or a value no variable
 */
export function sqlFile(name: string, variables: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(join(PACKAGE_ROOT, "src/vendors/postgres", name), "utf8");
  const used = new Set<string>();
  const sql = text.replace(VARIABLE, (_, literal: string | undefined, plain: string | undefined) => {
    const variable = literal ?? plain ?? "";
    const value = variables[variable];
    if (value === undefined) throw new Error(`${name} uses the variable ${variable}, which has no value`);
    used.add(variable);
    return literal === undefined ? value : escapeLiteral(value);
  });
  const unused = Object.keys(variables).filter((variable) => !used.has(variable));
  if (unused.length > 0) throw new Error(`${name} doesn't use: ${unused.join(", ")}`);
  return sql;
}
