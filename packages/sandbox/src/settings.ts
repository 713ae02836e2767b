import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT_SECRET = "TENANTRY_ROOT_SECRET";
const FORMER_ROOT_SECRET = "TENANTRY_SECRET_ROOT";

/** Environment variables for programs that use the sandbox. */
export type Environment = Readonly<
  Record<
    | "SUPABASE_API_URL"
    | "SUPABASE_ACCESS_TOKEN"
    | "STRIPE_API_BASE"
    | "STRIPE_API_KEY"
    | "TENANTRY_ROOT_SECRET"
    | "TENANTRY_ARCHIVES"
    | "PULUMI_BACKEND_URL"
    | "PULUMI_CONFIG_PASSPHRASE"
    | "PGSSLROOTCERT",
    string
  >
>;

/** Contents of `sandbox.json`, which keeps URLs and tokens stable across restarts. */
export interface Settings {
  /** Distinguishes this sandbox from another that now uses the same port. */
  readonly id: string;
  readonly pid: number;
  readonly ports: { readonly supabase: number; readonly stripe: number; readonly pooler: number };
  readonly env: Environment;
}

/** @returns undefined if the folder has no sandbox yet */
export async function readSettings(folder: string): Promise<Settings | undefined> {
  try {
    return withPresentNames(JSON.parse(await readFile(fileIn(folder), "utf8")) as Settings);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Earlier versions stored the root secret under a different variable name. */
function withPresentNames(settings: Settings): Settings {
  const { [FORMER_ROOT_SECRET]: former, ...env }: Environment & { [FORMER_ROOT_SECRET]?: string } =
    settings.env;
  return former === undefined ? settings : { ...settings, env: { ...env, [ROOT_SECRET]: former } };
}

export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  const unfinished = `${fileIn(folder)}.new`;
  await writeFile(unfinished, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, fileIn(folder));
}

/** Reuses the tokens of the previous start, if there was one. */
export function environment(
  folder: string,
  ports: Settings["ports"],
  before: Environment | undefined,
): Environment {
  const kept = (name: keyof Environment, made: string): string => before?.[name] ?? made;
  return {
    SUPABASE_API_URL: `http://127.0.0.1:${ports.supabase}`,
    SUPABASE_ACCESS_TOKEN: kept("SUPABASE_ACCESS_TOKEN", `sbp_${randomBytes(20).toString("hex")}`),
    STRIPE_API_BASE: `http://127.0.0.1:${ports.stripe}`,
    STRIPE_API_KEY: kept("STRIPE_API_KEY", `sk_test_${randomBytes(24).toString("hex")}`),
    TENANTRY_ROOT_SECRET: kept("TENANTRY_ROOT_SECRET", randomBytes(32).toString("hex")),
    TENANTRY_ARCHIVES: join(folder, "archives"),
    PULUMI_BACKEND_URL: `file://${stateFolder(folder)}`,
    PULUMI_CONFIG_PASSPHRASE: kept("PULUMI_CONFIG_PASSPHRASE", randomBytes(16).toString("hex")),
    PGSSLROOTCERT: certificateFile(folder),
  };
}

export function addresses(env: Environment): { supabaseUrl: string; stripeUrl: string } {
  return { supabaseUrl: env.SUPABASE_API_URL, stripeUrl: env.STRIPE_API_BASE };
}

/** The folder of the Pulumi state for stacks deployed to the sandbox. */
export function stateFolder(folder: string): string {
  return join(folder, "state");
}

/** The TLS certificate of the sandbox's pooler. */
export function certificateFile(folder: string): string {
  return join(folder, "pooler.crt");
}

function fileIn(folder: string): string {
  return join(folder, "sandbox.json");
}
