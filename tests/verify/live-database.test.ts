import { Secret } from "@tenantry/core/secret";
import { expect, test } from "vitest";
import type { Context } from "../../src/vendors/connections.ts";
import { createSupabase } from "../../src/vendors/supabase/client.ts";
import { openWorkspace } from "../../src/verify/live-database.ts";
import { json, localServer } from "../vendors/http/local-server.ts";

const REF = "a".repeat(20);
const NAME = "shop--acme--production--01234567";

/** Opens a workspace whose project the API returns. */
async function open(project: object): Promise<unknown> {
  const server = await localServer((_request, response) => json(response, 200, { ref: REF, ...project }));
  const supabase = createSupabase({ token: new Secret("sbp_none"), baseUrl: server.url });
  const context: Pick<Context, "supabase" | "signal"> = { supabase, signal: new AbortController().signal };
  const opened = await openWorkspace(context, NAME, REF).catch((error: Error) => error.message);
  expect(server.calls, "no other call").toEqual([`GET /v1/projects/${REF}`]);
  return opened;
}

test("a workspace whose project is paused is closed", async () => {
  expect(await open({ name: NAME, status: "INACTIVE" })).toBe("paused");
});

test.each(["RESTORING", "PAUSING", "COMING_UP", "RESIZING", "RESTORE_FAILED", "UNKNOWN"])(
  "a workspace whose project is %s is neither closed nor read",
  async (status) => {
    expect(await open({ name: NAME, status })).toBe(`The project ${NAME} is ${status}.`);
  },
);

test("a project with another name isn't the workspace's", async () => {
  expect(await open({ name: "somebody-elses", status: "ACTIVE_HEALTHY" })).toBe(
    `The control plane has no existing project ${NAME}.`,
  );
});
