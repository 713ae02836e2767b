import { randomUUID } from "node:crypto";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Secret } from "@tenantry/core/secret";
import { createAdmin, type Organizations } from "./admin.ts";
import { selfSigned } from "./certificate.ts";
import type { Fault, RequestRecord } from "./faults.ts";
import { intercepted } from "./http-interceptor.ts";
import { Interceptor } from "./interceptor.ts";
import { lockFolder } from "./lock.ts";
import { organizationsOf, type SandboxOptions } from "./options.ts";
import { createPooler } from "./pooler/pooler.ts";
import { listen } from "./ports.ts";
import { openCache, SUPERUSER } from "./postgres-cache.ts";
import { ProjectServers } from "./project-servers.ts";
import type { RunningSandbox } from "./running-sandbox.ts";
import {
  addresses,
  certificateFile,
  environment,
  readSettings,
  type Variables,
  withVariables,
  writeSettings,
} from "./settings.ts";
import { Store } from "./store.ts";
import { createStripe } from "./stripe/app.ts";
import { Account } from "./supabase/account.ts";
import { createSupabase } from "./supabase/app.ts";
import { addOrganization } from "./supabase/organizations.ts";
import { tenantOf } from "./supabase/tenant.ts";
import { stripeVendor, supabaseVendor } from "./vendors.ts";

/** A sandbox in this process. */
export interface Sandbox<V extends Variables = Variables> extends RunningSandbox<V> {
  /** Replaces all configured faults. An empty list removes them. */
  setFaults(faults: readonly Fault[], seed?: number): void;
  /** Resolves once a hold fault holds a request. */
  held(): Promise<RequestRecord>;
  /** Resumes all held requests. */
  release(): void;
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  /**
   * Returns a superuser connection string for a project's database. Use it in tests to read the database independently: its
   * queries aren't recorded, and faults don't apply to them.
   */
  databaseUrl(ref: string): string;
}

/**
 * Starts a local Supabase with real PostgreSQL databases and a local Stripe, which listen on 127.0.0.1.
 *
 * @throws UserError if a sandbox already runs in the folder
 */
export async function startSandbox<V extends Variables = Record<never, string>>(
  options: SandboxOptions<V>,
): Promise<Sandbox<V>> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  const unlock = await lockFolder(folder);
  try {
    return await start(folder, options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function start<V extends Variables>(
  folder: string,
  options: SandboxOptions<V>,
  unlock: () => Promise<void>,
): Promise<Sandbox<V>> {
  await ProjectServers.prepare();
  const { password } = await openCache();
  const before = await readSettings(folder);
  const id = before?.id ?? randomUUID();
  const interceptor = new Interceptor();
  const servers = new ProjectServers(join(folder, "databases"));

  const supabaseStore = new Store(join(folder, "supabase.journal"));
  const tenant = (ref: string): ReturnType<typeof tenantOf> => tenantOf(account, ref);
  const tls = await certified(folder);
  const { clientAddress } = options;
  const pooler = createPooler({ interceptor, servers, tenant, tls, clientAddress });
  const poolerPort = await listen(pooler, before?.ports.pooler);
  const account = new Account({
    store: supabaseStore,
    servers,
    now: Date.now,
    readinessMilliseconds: options.readinessMilliseconds ?? 300,
    pooler: { host: "127.0.0.1", port: poolerPort },
    freeProjectLimit: options.freeProjectLimit ?? 2,
  });
  const addOrganizations = ({ paid, free }: Organizations): void => {
    for (const slug of paid) addMissing(account, slug, "pro");
    for (const slug of free) addMissing(account, slug, "free");
  };
  addOrganizations(organizationsOf(options));

  const stripe = await serve(before?.ports.stripe);
  const supabase = await serve(before?.ports.supabase);
  const ports = { supabase: supabase.port, stripe: stripe.port, pooler: poolerPort };
  const env = withVariables(environment(folder, ports, before?.env), folder, before?.env ?? {}, options);
  const token = env.SUPABASE_ACCESS_TOKEN;

  const supabaseApp = createSupabase({
    account,
    token: new Secret(token),
    perMinute: options.requestsPerMinute ?? 120,
  });
  const localStripe = createStripe({
    store: new Store(join(folder, "stripe.journal")),
    key: env.STRIPE_API_KEY,
    ...(options.stripeRequestsPerSecond === undefined
      ? {}
      : { requestsPerSecond: options.stripeRequestsPerSecond }),
  });
  const admin = createAdmin({ id, token, interceptor, addOrganizations });
  const interceptSupabase = intercepted(interceptor, supabaseVendor(supabaseApp));
  const interceptStripe = intercepted(interceptor, stripeVendor(localStripe));
  supabase.answer((request, bindings) =>
    isOwn(request) ? admin.fetch(request) : interceptSupabase(request, bindings),
  );
  stripe.answer((request, bindings) =>
    isOwn(request) ? localStripe.app.fetch(request) : interceptStripe(request, bindings),
  );
  await writeSettings(folder, { id, pid: process.pid, ports, env });

  const stop = async (): Promise<void> => {
    interceptor.release();
    pooler.closeConnections();
    await Promise.all([closed(pooler), supabase.close(), stripe.close()]);
    await Promise.all([localStripe.stop(), servers.stopAll()]);
    await unlock();
  };
  let stopped: Promise<void> | undefined;
  return {
    folder,
    ...addresses(env),
    env,
    setFaults: (faults, seed) => interceptor.setFaults(faults, seed),
    held: () => interceptor.held(),
    release: () => interceptor.release(),
    requests: () => interceptor.requests(),
    clearRequests: () => interceptor.clearRequests(),
    databaseUrl: (ref) =>
      `postgresql://${SUPERUSER}.${ref}:${password.reveal()}@127.0.0.1:${poolerPort}/postgres`,
    stop: () => (stopped ??= stop()),
  };
}

function addMissing(account: Account, slug: string, plan: "free" | "pro"): void {
  if (account.organizations.get(slug) === undefined) addOrganization(account, { slug, name: slug, plan });
}

/** Creates a TLS key and writes its certificate to the path in PGSSLROOTCERT. Each start creates a new key. */
async function certified(folder: string): Promise<SecureContext> {
  const { key, certificate } = selfSigned(Date.now());
  await writeFile(certificateFile(folder), certificate, { mode: 0o600 });
  return createSecureContext({ key, cert: certificate });
}

function isOwn(request: Request): boolean {
  return new URL(request.url).pathname.startsWith("/_sandbox");
}

type Answer = (request: Request, bindings: HttpBindings) => Response | Promise<Response>;

/** Starts an HTTP server whose handler is set later, because the handler needs the server's port. */
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
