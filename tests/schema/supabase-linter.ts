import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

export interface Lint {
  /** As `security/functionSearchPathMutable`. */
  readonly rule: string;
  readonly message: string;
}

/** Whether this system has a build of the linter; there is one for each that its registry holds. */
export async function linterRuns(): Promise<boolean> {
  return run(program(), ["version"]).then(
    () => true,
    () => false,
  );
}

/**
 * Runs Supabase's own database linter (splinter), as the Postgres language server carries it.
 *
 * A rule looks at the schemas that the data API exposes only where the connection says which these are.
 *
 * @param url of a role that reads the whole catalog
 */
export async function lint(url: string): Promise<Lint[]> {
  const args = ["dblint", `--connection-string=${url}`, "--reporter=json", "--max-diagnostics=none"];
  const { stdout } = await run(program(), args, { maxBuffer: 64 * 1024 * 1024 }).catch(
    // It ends with 1 when it finds an error: the report is the same.
    (error: { stdout?: string }) => {
      if (!error.stdout) throw error;
      return { stdout: error.stdout };
    },
  );
  const { diagnostics } = report.parse(JSON.parse(stdout));
  return diagnostics.map(({ category, message }) => ({
    rule: category.replace(/^splinter\//, ""),
    message: message.replaceAll("\\`", "`"),
  }));
}

const report = z.object({ diagnostics: z.array(z.object({ category: z.string(), message: z.string() })) });

// One platform's own package: the one that picks it names some that the registries don't all have.
const PACKAGE = "@postgres-language-server/cli-x86_64-linux-gnu";

function program(): string {
  return join(dirname(require.resolve(`${PACKAGE}/package.json`)), "postgres-language-server");
}
