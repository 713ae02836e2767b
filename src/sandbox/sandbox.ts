import { randomUUID } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import type { Server } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { UserError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { createAdmin, type Organizations } from "./admin.ts";
import type { Fault, RequestRecord } from "./faults.ts";
import { Gate } from "./gate.ts";
import { gated } from "./http-gate.ts";
import { lockFolder } from "./lock.ts";
import { createPooler } from "./pooler/pooler.ts";
import { listen } from "./ports.ts";
import { openCache, SUPERUSER } from "./postgres-cache.ts";
import { ProjectServers } from "./project-servers.ts";
import {
  type Environment,
  environment,
  readSettings,
  type Settings,
  stateFolder,
  writeSettings,
} from "./settings.ts";
import { Store } from "./store.ts";
import { createStripe } from "./stripe/app.ts";
import { Account } from "./supabase/account.ts";
import { createSupabase } from "./supabase/app.ts";
import { addOrganization } from "./supabase/organizations.ts";
import { stripeVendor, supabaseVendor } from "./vendors.ts";

export interface SandboxOptions {
  /** Where it keeps its data: PostgreSQL's files, the journals, `sandbox.json`. */
  readonly folder: string;
  /** How long a new project takes to become healthy. Default 300 ms (so that waiting is real, and short). */
  readonly readinessMilliseconds?: number;
  /** Slugs of the Supabase organizations that exist from the start, on the Pro plan. */
  readonly organizations?: readonly string[];
  /** Slugs of those that exist from the start on the free plan. */
  readonly freeOrganizations?: readonly string[];
  /** Per project or organization and endpoint of the Management API. Default 120, as the real one. */
  readonly requestsPerMinute?: number;
  /** Of Stripe. Default 25, as Stripe's own sandboxes. */
  readonly stripeRequestsPerSecond?: number;
}

/** A running sandbox, in this process or another. */
export interface RunningSandbox {
  readonly folder: string;
  readonly supabaseUrl: string;
  readonly stripeUrl: string;
  /** What a run against it needs in its environment. */
  readonly env: Environment;
  /** Ends it, and every process of it, if this process started it; its data stay. */
  stop(): Promise<void>;
}

/** A sandbox in this process. */
export interface Sandbox extends RunningSandbox {
  /** Replaces the faults in force; none lifts them all. */
  setFaults(faults: readonly Fault[], seed?: number): void;
  /** Resolves when a request is held by a hold fault; at once when one is. */
  held(): Promise<RequestRecord>;
  /** Lets every held request go on. */
  release(): void;
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  /** A superuser's connection string to a project's database, for tests' independent reads: unrecorded, no faults. */
  databaseUrl(ref: string): string;
}

const ORGANIZATIONS = ["agntdata", "camelai", "demo"];

/**
 * Starts a local Supabase, with real PostgreSQL databases, and a local Stripe on ports of 127.0.0.1.
 *
 * @throws UserError when one runs in the folder already
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  const unlock = await lockFolder(folder);
  if (unlock === undefined)
    throw new UserError(`A sandbox runs in ${folder} already.`, {
      remedy: "End it, or use another folder.",
    });
  try {
    return await start(folder, options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Joins the sandbox that runs in the folder, or starts one there. */
export async function joinSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const running = await findRunning(resolve(options.folder), organizationsOf(options));
    if (running !== undefined) return running;
    try {
      return await startSandbox(options);
    } catch (error) {
      // Another process starts it at this moment.
      if (!(error instanceof UserError) || Date.now() > deadline) throw error;
    }
    await delay(50);
  }
}

async function start(folder: string, options: SandboxOptions, unlock: () => Promise<void>): Promise<Sandbox> {
  await ProjectServers.prepare();
  const { password } = await openCache();
  const before = await readSettings(folder);
  const id = before?.id ?? randomUUID();
  const gate = new Gate();
  const servers = new ProjectServers(join(folder, "databases"));

  const supabaseStore = new Store(join(folder, "supabase.journal"));
  const tenant = (ref: string): ReturnType<Account["tenant"]> => account.tenant(ref);
  const pooler = createPooler({ gate, servers, tenant });
  const poolerPort = await listen(pooler, before?.ports.pooler);
  const account = new Account({
    store: supabaseStore,
    servers,
    now: Date.now,
    readinessMilliseconds: options.readinessMilliseconds ?? 300,
    pooler: { host: "127.0.0.1", port: poolerPort },
  });
  const addOrganizations = ({ paid, free }: Organizations): void => {
    for (const slug of paid) addMissing(account, slug, "pro");
    for (const slug of free) addMissing(account, slug, "free");
  };
  addOrganizations(organizationsOf(options));

  const stripe = await serve(before?.ports.stripe);
  const supabase = await serve(before?.ports.supabase);
  const ports = { supabase: supabase.port, stripe: stripe.port, pooler: poolerPort };
  const env = environment(folder, ports, before?.env);
  // The Pulumi CLI takes no folder that isn't there.
  await mkdir(stateFolder(folder), { recursive: true });
  const token = env.SUPABASE_ACCESS_TOKEN;

  const supabaseApp = createSupabase({
    account,
    token: new Secret(token),
    perMinute: options.requestsPerMinute ?? 120,
  });
  const stripeApp = createStripe({
    store: new Store(join(folder, "stripe.journal")),
    key: env.STRIPE_API_KEY,
    ...(options.stripeRequestsPerSecond === undefined
      ? {}
      : { requestsPerSecond: options.stripeRequestsPerSecond }),
  });
  const admin = createAdmin({ id, token, gate, addOrganizations });
  const supabaseGated = gated(gate, supabaseVendor(supabaseApp));
  const stripeGated = gated(gate, stripeVendor(stripeApp));
  supabase.answer((request, bindings) =>
    isOwn(request) ? admin.fetch(request) : supabaseGated(request, bindings),
  );
  stripe.answer((request, bindings) =>
    isOwn(request) ? stripeApp.fetch(request) : stripeGated(request, bindings),
  );
  await writeSettings(folder, { id, pid: process.pid, ports, env });

  const stop = async (): Promise<void> => {
    gate.release();
    pooler.closeConnections();
    await Promise.all([closed(pooler), supabase.close(), stripe.close()]);
    await servers.stopAll();
    await unlock();
  };
  let stopped: Promise<void> | undefined;
  return {
    folder,
    ...addresses(env),
    env,
    setFaults: (faults, seed) => gate.setFaults(faults, seed),
    held: () => gate.held(),
    release: () => gate.release(),
    requests: () => gate.requests(),
    clearRequests: () => gate.clearRequests(),
    databaseUrl: (ref) =>
      `postgresql://${SUPERUSER}.${ref}:${password.reveal()}@127.0.0.1:${poolerPort}/postgres`,
    stop: () => (stopped ??= stop()),
  };
}

function organizationsOf({ organizations, freeOrganizations }: SandboxOptions): Organizations {
  return { paid: organizations ?? ORGANIZATIONS, free: freeOrganizations ?? [] };
}

/** The one that runs there, if one does, with the organizations that whoever joins it needs. */
async function findRunning(
  folder: string,
  organizations: Organizations,
): Promise<RunningSandbox | undefined> {
  const settings = await readSettings(folder);
  if (settings === undefined || !(await answers(settings))) return undefined;
  await fetch(`${settings.env.SUPABASE_API_URL}/_sandbox/organizations`, {
    method: "PUT",
    headers: { authorization: `Bearer ${settings.env.SUPABASE_ACCESS_TOKEN}` },
    body: JSON.stringify(organizations),
  });
  return { folder, ...addresses(settings.env), env: settings.env, stop: async () => {} };
}

async function answers({ id, env }: Settings): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${env.SUPABASE_ACCESS_TOKEN}` };
    const signal = AbortSignal.timeout(2000);
    const response = await fetch(`${env.SUPABASE_API_URL}/_sandbox`, { headers, signal });
    return response.ok && ((await response.json()) as { id?: unknown }).id === id;
  } catch {
    // Nobody listens there, or somebody else who speaks no HTTP.
    return false;
  }
}

function addMissing(account: Account, slug: string, plan: "free" | "pro"): void {
  if (account.organizations.get(slug) === undefined) addOrganization(account, { slug, name: slug, plan });
}

function addresses(env: Environment): { supabaseUrl: string; stripeUrl: string } {
  return { supabaseUrl: env.SUPABASE_API_URL, stripeUrl: env.STRIPE_API_BASE };
}

function isOwn(request: Request): boolean {
  return new URL(request.url).pathname.startsWith("/_sandbox");
}

type Answer = (request: Request, bindings: HttpBindings) => Response | Promise<Response>;

/** An HTTP server that has its port before it has its answers, which tell that port. */
async function serve(preferred: number | undefined): Promise<{
  port: number;
  answer(answer: Answer): void;
  close(): Promise<void>;
}> {
  let answer: Answer = () => new Response(null, { status: 503 });
  const fetch = (request: Request, bindings: unknown): Response | Promise<Response> =>
    answer(request, bindings as HttpBindings);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  const port = await listen(server, preferred);
  return {
    port,
    answer: (given) => {
      answer = given;
    },
    close: () => {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

function closed(server: { close(done: (error?: Error) => void): unknown }): Promise<void> {
  return new Promise((done, fail) => {
    server.close((error) => (error === undefined ? done() : fail(error)));
  });
}
