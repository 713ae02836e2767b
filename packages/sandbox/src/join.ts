import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "@tenantry/core/errors";
import { organizationsOf, type SandboxOptions } from "./options.ts";
import type { RunningSandbox } from "./running-sandbox.ts";
import {
  addresses,
  readSettings,
  type Settings,
  type Variables,
  withVariables,
  writeSettings,
} from "./settings.ts";

/** Joins the sandbox that runs in the folder. Starts one in this process if none is running. */
export async function joinSandbox<V extends Variables = Record<never, string>>(
  options: SandboxOptions<V>,
): Promise<RunningSandbox<V>> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const running = await findRunning(resolve(options.folder), options);
    if (running !== undefined) return running;
    try {
      // Loaded only if needed: a process that joins doesn't load the servers' code.
      const { startSandbox } = await import("./sandbox.ts");
      return await startSandbox(options);
    } catch (error) {
      // Another process may be starting the sandbox. Try to join it again.
      if (!(error instanceof UserError) || Date.now() > deadline) throw error;
    }
    await delay(50);
  }
}

/** Finds the sandbox that runs in the folder, and adds the organizations and variables that the options name. */
async function findRunning<V extends Variables>(
  folder: string,
  options: SandboxOptions<V>,
): Promise<RunningSandbox<V> | undefined> {
  const settings = await readSettings(folder);
  if (settings === undefined || !(await answers(settings))) return undefined;
  await fetch(`${settings.env.SUPABASE_API_URL}/_sandbox/organizations`, {
    method: "PUT",
    headers: { authorization: `Bearer ${settings.env.SUPABASE_ACCESS_TOKEN}` },
    body: JSON.stringify(organizationsOf(options)),
  });
  const env = withVariables(settings.env, folder, settings.env, options);
  if (!isDeepStrictEqual(env, settings.env)) await writeSettings(folder, { ...settings, env });
  return { folder, ...addresses(env), env, stop: async () => {} };
}

async function answers({ id, env }: Settings): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${env.SUPABASE_ACCESS_TOKEN}` };
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(`${env.SUPABASE_API_URL}/_sandbox`, { headers, signal });
    return response.ok && ((await response.json()) as { id?: unknown }).id === id;
  } catch {
    // Nothing listens on this port, or it doesn't speak HTTP.
    return false;
  }
}
