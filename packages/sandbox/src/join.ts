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

/** Joins the sandbox that runs in the folder, or starts one there. */
export async function joinSandbox<V extends Variables = Record<never, string>>(
  options: SandboxOptions<V>,
): Promise<RunningSandbox<V>> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const running = await findRunning(resolve(options.folder), options);
    if (running !== undefined) return running;
    try {
      // Whoever joins one needs none of what serves it.
      const { startSandbox } = await import("./sandbox.ts");
      return await startSandbox(options);
    } catch (error) {
      // Another process starts it at this moment.
      if (!(error instanceof UserError) || Date.now() > deadline) throw error;
    }
    await delay(50);
  }
}

/** The one that runs there, if one does, with the organizations that whoever joins it needs. */
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
    // Nothing listens there, or it doesn't speak HTTP.
    return false;
  }
}
