import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { escapeLiteral } from "pg";

/**
 * The SQL that fills a new project's database (platform.sql).
 *
 * @param password of the roles as which the sandbox itself connects
 */
export function platformSql(password: string): string {
  return TEMPLATE.replaceAll(":'password'", () => escapeLiteral(password));
}

const TEMPLATE = readFileSync(join(packageRoot(import.meta.dirname), "src/supabase/platform.sql"), "utf8");

/** The folder of the sandbox's package, from source or built. */
function packageRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRoot(dirname(folder));
}
