import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { escapeLiteral } from "pg";

/**
 * Returns the SQL that fills a new project's database (platform.sql).
 *
 * @param password the password of the roles that the sandbox itself connects as
 */
export function platformSql(password: string): string {
  return TEMPLATE.replaceAll(":'password'", () => escapeLiteral(password));
}

const TEMPLATE = readFileSync(join(packageRoot(import.meta.dirname), "src/supabase/platform.sql"), "utf8");

/** Returns the root of this package, for a folder in its source or in its build. */
function packageRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRoot(dirname(folder));
}
