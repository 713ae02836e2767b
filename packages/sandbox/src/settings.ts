import { randomBytes, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";

/** The names of the sandbox's own environment variables. */
const NAMES = [
  "SUPABASE_API_URL",
  "SUPABASE_ACCESS_TOKEN",
  "STRIPE_API_BASE",
  "STRIPE_API_KEY",
  "PGSSLROOTCERT",
] as const;

/** The sandbox's own environment variables for programs that use it. */
export type Environment = Readonly<Record<(typeof NAMES)[number], string>>;

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** The contents of `sandbox.json`, which keeps URLs and tokens stable across restarts. */
export interface Settings {
  /** Distinguishes this sandbox from another one that now uses the same port. */
  readonly id: string;
  readonly pid: number;
  readonly ports: { readonly supabase: number; readonly stripe: number; readonly pooler: number };
  readonly env: Environment & Variables;
}

/** @returns undefined if the folder has no sandbox yet */
export async function readSettings(folder: string): Promise<Settings | undefined> {
  try {
    return settingsIn(await readFile(fileIn(folder), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`The sandbox's file ${fileIn(folder)} is damaged: ${error.message}.`, {
      remedy: "Delete the sandbox's folder and start with an empty sandbox, or restore the file.",
      cause: error,
    });
  }
}

function settingsIn(text: string): Settings {
  const settings: unknown = JSON.parse(text);
  if (!isRecord(settings) || !isRecord(settings.env) || !isRecord(settings.ports))
    throw new SyntaxError("it has no ports and variables");
  return settings as unknown as Settings;
}

export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  // Several processes that join the sandbox may write at the same time.
  const unfinished = `${fileIn(folder)}.${randomUUID()}.new`;
  await writeFile(unfinished, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, fileIn(folder));
}

/** Returns the sandbox's own variables, with the tokens of the previous start if there was one. */
export function environment(
  folder: string,
  ports: Settings["ports"],
  before: Environment | undefined,
): Environment {
  const stored = (name: keyof Environment, made: string): string => before?.[name] ?? made;
  return {
    SUPABASE_API_URL: `http://127.0.0.1:${ports.supabase}`,
    SUPABASE_ACCESS_TOKEN: stored("SUPABASE_ACCESS_TOKEN", `sbp_${randomBytes(20).toString("hex")}`),
    STRIPE_API_BASE: `http://127.0.0.1:${ports.stripe}`,
    STRIPE_API_KEY: stored("STRIPE_API_KEY", `sk_test_${randomBytes(24).toString("hex")}`),
    PGSSLROOTCERT: certificateFile(folder),
  };
}

/**
 * Adds the caller's variables to the sandbox's own. Keeps the stored variables if the caller has none.
 *
 * @param env the sandbox's own variables, and possibly others
 * @param stored the variables of the previous start
 */
export function withVariables<V extends Variables>(
  env: Environment,
  folder: string,
  stored: Variables,
  { variables }: { readonly variables?: (folder: string, stored: Variables) => V },
): Environment & V {
  const isOwn = (name: string): boolean => (NAMES as readonly string[]).includes(name);
  const added = Object.entries(variables === undefined ? stored : variables(folder, stored));
  const own = Object.entries(env).filter(([name]) => isOwn(name));
  return Object.fromEntries([...added.filter(([name]) => !isOwn(name)), ...own]) as Environment & V;
}

export function addresses(env: Environment): { supabaseUrl: string; stripeUrl: string } {
  return { supabaseUrl: env.SUPABASE_API_URL, stripeUrl: env.STRIPE_API_BASE };
}

/** The TLS certificate of the sandbox's pooler. */
export function certificateFile(folder: string): string {
  return join(folder, "pooler.crt");
}

function fileIn(folder: string): string {
  return join(folder, "sandbox.json");
}
