import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, chown, mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Secret } from "@tenantry/core/secret";
import { freePort } from "./ports.ts";
import {
  buildOnce,
  isRunning,
  openCache,
  type PostgresCache,
  removeAbandoned,
  runAsServerUser,
  SUPERUSER,
  unfinishedName,
} from "./postgres-cache.ts";
import { serverUser } from "./postgres-user.ts";

export interface Postgres {
  readonly port: number;
  /** The password of the superuser, `supabase_admin`. */
  readonly password: Secret;
  /** Returns a superuser connection string. */
  superuserUrl(database: string): string;
  /** Resolves if the server exits without a call of `stop`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** The initial contents of new servers, built once and cached. */
export interface Seed {
  /** Identifies the contents in the cache. It must change when they change. */
  readonly digest: string;
  /** Fills the new server. `url` returns superuser connection strings, and `password` is the superuser's password. */
  readonly fill: (url: (database: string) => string, password: Secret) => Promise<void>;
}

/**
 * Starts a real PostgreSQL 17 server on 127.0.0.1, with a new or an existing data folder.
 *
 * The server also stops if this process is killed: a shell watches a pipe that closes when this process exits.
 *
 * @param options.folder the data folder; created if needed
 * @param options.seed the initial contents of a new data folder
 */
export async function startPostgres(options: { folder: string; seed?: Seed }): Promise<Postgres> {
  const cache = await openCache();
  if (existsSync(options.folder)) await endLeftOver(await realpath(options.folder));
  if (!existsSync(join(options.folder, "PG_VERSION"))) {
    const template = await templateFolder(cache, options.seed);
    await copyTemplate(template, options.folder);
  }
  return startServer(cache, await realpath(options.folder));
}

/** Builds a seed's data folder in the cache, so that the first start of a server is as fast as later ones. */
export async function prepareSeed(seed: Seed): Promise<void> {
  await templateFolder(await openCache(), seed);
}

/** Data survive if all processes are killed, but not a power failure: `fsync` is off for speed. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "64MB",
  dynamic_shared_memory_type: "mmap",
  fsync: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  checkpoint_timeout: "1h",
  max_wal_size: "1GB",
  min_wal_size: "2MB",
  wal_recycle: "off",
  max_logical_replication_workers: "0",
  jit: "off",
  scram_iterations: "1",
  password_encryption: "scram-sha-256",
  log_min_messages: "error",
  log_min_error_statement: "panic",
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.save": "off",
  timezone: "UTC",
} as const;

const INITDB = [
  ...["--pgdata=.", `--username=${SUPERUSER}`, "--pwfile=/dev/stdin", "--auth=scram-sha-256"],
  ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  ...["--wal-segsize=1", "--no-sync"],
];

/** For these two roles, the sandbox authenticates the client itself and then connects with the server's own password. */
const CLIENT_AUTHENTICATION = `
host all postgres,supabase_read_only_user 127.0.0.1/32 password
host all all 127.0.0.1/32 scram-sha-256
`;

async function templateFolder(cache: PostgresCache, seed: Seed | undefined): Promise<string> {
  const key = createHash("sha256")
    .update(JSON.stringify([INITDB, SETTINGS, CLIENT_AUTHENTICATION, seed?.digest ?? ""]))
    .digest("hex");
  const template = join(cache.folder, `data-${key.slice(0, 16)}`);
  await buildOnce(template, (unfinished) => buildTemplate(cache, unfinished, seed));
  return template;
}

async function buildTemplate(cache: PostgresCache, folder: string, seed: Seed | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await giveToServerUser(folder);
  await runAsServerUser(
    "sh",
    [
      // initdb opens /dev/stdin by name, which works with the shell's pipe but not with the socket from Node.js.
      ...["-c", 'cat | "$0" "$@"', join(cache.programs, "bin/initdb")],
      ...INITDB,
    ],
    { cwd: folder, input: `${cache.password.reveal()}\n` },
  );
  const settings = Object.entries(SETTINGS).map(([name, value]) => `${name} = '${value}'\n`);
  await writeFile(join(folder, "postgresql.conf"), settings.join(""));
  await writeFile(join(folder, "pg_hba.conf"), CLIENT_AUTHENTICATION);
  if (seed === undefined) return;
  const server = await startServer(cache, folder);
  try {
    await seed.fill(server.superuserUrl, cache.password);
  } finally {
    await server.stop();
  }
  await rm(join(folder, "server.log"), { force: true });
}

// template0 (always OID 4) never changes, so its 300 files are hard links if the file system supports them.
const COPY = `
set -e
mkdir -p base/4
ln "$0"/base/4/* base/4/ 2>/dev/null || cp -R "$0"/base/4/. base/4/
for part in "$0"/base/*; do [ "$part" = "$0/base/4" ] || cp -R "$part" base/; done
for part in "$0"/*; do [ "$part" = "$0/base" ] || cp -R "$part" .; done
`;

/** Copies under a temporary name and then renames, so that the folder is complete even if copying is killed. */
async function copyTemplate(template: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(dirname(folder), basename(folder));
  const unfinished = unfinishedName(folder);
  await mkdir(unfinished, { mode: 0o700 });
  await giveToServerUser(unfinished);
  await runAsServerUser("sh", ["-c", COPY, template], { cwd: unfinished });
  await rename(unfinished, folder);
}

async function giveToServerUser(folder: string): Promise<void> {
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
  await chmod(folder, 0o700);
}

/**
 * A path to the folder for a process that starts in it.
 *
 * The server's user may not have access to a parent folder, such as /root. It can still open its working directory.
 */
function selfReference(folder: string): string {
  return process.platform === "linux" && serverUser().uid !== undefined ? "/proc/self/cwd" : folder;
}

// The shell holds the pipe. When it closes, the shell sends PostgreSQL a SIGINT, which requests a fast, clean shutdown.
const SHELL = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r _ <&3; kill -INT $server; } & watch=$!
exec 3<&-
wait $server; code=$?
kill $watch 2>/dev/null
exit $code
`;

async function startServer(cache: PostgresCache, folder: string): Promise<Postgres> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const shell = spawnServer(cache, folder, port);
    const exited = new Promise<number | null>((resolve) => shell.once("exit", resolve));
    if (await becomesReady(folder, port, exited)) return running(cache, shell, exited, port);
    const log = readFileSync(join(folder, "server.log"), "utf8");
    if (!log.includes("could not bind") || attempt === 5)
      throw new Error(`PostgreSQL didn't start in ${folder}:\n${log}`);
  }
}

function spawnServer(cache: PostgresCache, folder: string, port: number): ChildProcess {
  const log = openSync(join(folder, "server.log"), "w");
  try {
    const program = join(cache.programs, "bin/postgres");
    const args = ["-c", SHELL, "sh", program, "-D", selfReference(folder), "-p", String(port)];
    const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
    // Detached, so that Ctrl-C reaches only the sandbox, which then stops its servers in order.
    return spawn("sh", args, {
      cwd: folder,
      stdio: ["pipe", log, log],
      detached: true,
      env,
      ...serverUser(),
    });
  } finally {
    closeSync(log);
  }
}

function running(
  cache: PostgresCache,
  shell: ChildProcess,
  exited: Promise<number | null>,
  port: number,
): Postgres {
  let stopping = false;
  return {
    port,
    password: cache.password,
    superuserUrl: (database) =>
      `postgresql://${SUPERUSER}:${cache.password.reveal()}@127.0.0.1:${port}/${database}`,
    ended: exited.then(() => (stopping ? new Promise<void>(() => {}) : undefined)),
    stop: async () => {
      stopping = true;
      shell.stdin?.end();
      await exited;
    },
  };
}

/** Waits until the eighth line of the server's lock file is "ready". Returns false if the server exits first. */
async function becomesReady(folder: string, port: number, exited: Promise<number | null>): Promise<boolean> {
  let over = false;
  void exited.then(() => (over = true));
  while (!over) {
    const lock = readLock(folder);
    if (lock?.[3] === String(port) && lock[7]?.trim() === "ready") return true;
    await delay(5);
  }
  return false;
}

function readLock(folder: string): string[] | undefined {
  try {
    return readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Waits for the server of a sandbox that was killed, which its shell is stopping. Kills the server after 10 seconds. */
async function endLeftOver(folder: string): Promise<void> {
  const pid = Number(readLock(folder)?.[0]);
  if (!(pid > 0)) return;
  const deadline = Date.now() + 10_000;
  while (isServerOf(pid, folder)) {
    if (Date.now() > deadline) process.kill(pid, "SIGKILL");
    await delay(20);
  }
  // PostgreSQL wouldn't start if another process now has the process id in a stale lock file.
  await rm(join(folder, "postmaster.pid"), { force: true });
}

function isServerOf(pid: number, folder: string): boolean {
  if (!isRunning(pid)) return false;
  if (process.platform === "linux") return linkTarget(`/proc/${pid}/cwd`) === folder;
  return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).includes(folder);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The process has exited, or it belongs to another user and so isn't this server.
    return undefined;
  }
}
