import { Secret } from "@tenantry/core/secret";
import type { RequestRecord } from "../packages/sandbox/src/faults.ts";
import { projectName, stableId } from "../src/shared/ids.ts";
import { createSupabase } from "../src/vendors/supabase/client.ts";
import { findProject } from "../src/vendors/supabase/projects.ts";
import { organization, PLATFORM, World } from "../tests/e2e/harness.ts";
import type { Figure } from "./figure.ts";

const CONNECTION = "connections: { warehouse: { kind: bigquery, secret: acme-warehouse } }";
const WORKSPACES = [`personal: { ${CONNECTION} }`, `second: { ${CONNECTION} }`];

/**
 * Counts the Management API calls of a run for each workspace. Calls that find the control plane belong to the stack and aren't
 * counted. Repeated polls of a project's status count as one.
 */
export async function measureApiCalls(): Promise<Figure[]> {
  const world = await World.open({
    "tiny/platform.yaml": PLATFORM,
    "tiny/orgs/acme.yaml": organization("acme", WORKSPACES.join("\n  ")),
  });
  try {
    await world.mustRun("up", "tiny.platform");
    const share = await shareOf(world);
    return [
      // Seven of them close it: encryption is read, enforced, waited for and read again, the network and Realtime are restricted,
      // and Storage is read.
      figure("a new workspace", 23, await share(() => world.mustRun("up", "tiny.acme"))),
      figure(
        "an unchanged workspace, on preview",
        0,
        await share(() => world.mustRun("preview", "tiny.acme")),
      ),
      figure(
        "an unchanged workspace, on refresh",
        // Network, encryption, Realtime and Storage have separate routes, and somebody may have opened each.
        10,
        await share(() => world.mustRun("preview", "tiny.acme", "", { refresh: true })),
      ),
    ];
  } finally {
    await world.close();
  }
}

function figure(of: string, goal: number, value: number): Figure {
  return { name: `Management API calls of ${of}`, value, unit: "calls", goal, better: "lower" };
}

/** Returns a function that counts the calls of a run for each workspace. Requires the control plane. */
async function shareOf(world: World): Promise<(run: () => Promise<unknown>) => Promise<number>> {
  const { SUPABASE_ACCESS_TOKEN, SUPABASE_API_URL } = world.sandbox.env;
  const supabase = createSupabase({ token: new Secret(SUPABASE_ACCESS_TOKEN), baseUrl: SUPABASE_API_URL });
  const center = await findProject(supabase, "tiny", projectName(["tiny"], stableId("tiny")));
  if (center === undefined) throw new Error("the platform has no control plane");
  const isCenters = ({ path }: RequestRecord) =>
    path.includes(center.ref) || new URL(path, SUPABASE_API_URL).searchParams.get("search") === center.name;

  return async (run) => {
    const mark = world.mark();
    await run();
    const calls = world.sandbox
      .requests()
      .filter(({ sequence, service }) => sequence > mark && service === "supabase")
      .filter((call) => !isCenters(call));
    return withoutPolls(calls).length / WORKSPACES.length;
  };
}

function withoutPolls(calls: readonly RequestRecord[]): RequestRecord[] {
  const asked = new Set<string>();
  return calls.filter(({ method, path }) => {
    if (method !== "GET" || !/^\/v1\/projects\/\w+(\/health\?.*)?$/.test(path)) return true;
    const isNew = !asked.has(path);
    asked.add(path);
    return isNew;
  });
}
