import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { project } from "../../../../src/provider/resources/supabase/project.ts";
import { ready } from "../../../../src/provider/resources/supabase/ready.ts";
import { standby } from "../../../../src/provider/resources/supabase/standby.ts";
import { sessionPooler } from "../../../../src/vendors/supabase/pooler.ts";
import { findProject } from "../../../../src/vendors/supabase/projects.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";

/** After a change Supabase reports the status, size and settings from before for some seconds. */

const FREE = "gratis";
let live: Live;
beforeAll(async () => {
  live = await startLive({ readinessMilliseconds: 900, freeOrganizations: [FREE], freeProjectLimit: 20 });
});
afterAll(() => live.stop());

const declared = (organization: string, name: string) => ({
  name,
  organization,
  region: "eu-central-1",
  compute: organization === FREE ? "nano" : "micro",
  databasePassword: { id: "5f0f4c1e-0000-4000-8000-000000000003" },
});

async function readyProject(organization: string, name: string) {
  const life = new Life(project, live.context());
  const wait = new Life(ready, live.context());
  const { ref } = await life.up(declared(organization, name));
  await wait.up({ project: ref });
  const find = async () => {
    const found = await findProject(live.context()("look").supabase, organization, name);
    return { status: found?.status, size: found?.databases[0]?.infra_compute_size };
  };
  return { life, wait, ref, find };
}

test("a new size is waited for until it shows and the project is healthy again", async () => {
  const one = await readyProject(SUPABASE_ORGANIZATION, "lag--size");
  await one.life.up({ ...declared(SUPABASE_ORGANIZATION, "lag--size"), compute: "small" });
  expect(await one.find()).toEqual({ status: "ACTIVE_HEALTHY", size: "small" });
});

test("a smaller size of an archived project is waited for, too", async () => {
  const name = "lag--archived";
  const one = await readyProject(SUPABASE_ORGANIZATION, name);
  await one.life.up({ ...declared(SUPABASE_ORGANIZATION, name), compute: "small" });
  const rest = new Life(standby, live.context());
  await rest.up({ project: one.ref, organization: SUPABASE_ORGANIZATION, name, state: "archived" });
  expect(await one.find()).toEqual({ status: "ACTIVE_HEALTHY", size: "micro" });
});

test("encryption is waited for until connections in clear are refused and the services are healthy", async () => {
  const one = await readyProject(SUPABASE_ORGANIZATION, "lag--ssl");
  await one.wait.up({ project: one.ref, sslEnforced: true });
  const { host, port, user, database } = await sessionPooler(live.context()("look").supabase, one.ref);
  const clear = new pg.Client({ host, port, user, database, password: "none", ssl: false });
  await expect(clear.connect()).rejects.toThrow("ESSLREQUIRED");
  expect((await one.find()).status).toBe("ACTIVE_HEALTHY");
});

test("a pause is waited for until it shows, and a restored project until it is healthy", async () => {
  const name = "lag--paused";
  const one = await readyProject(FREE, name);
  const rest = new Life(standby, live.context());
  await rest.up({ project: one.ref, organization: FREE, name, state: "suspended" });
  expect((await one.find()).status).toMatch(/^(PAUSING|INACTIVE)$/);
  await one.life.up(declared(FREE, name));
  expect((await one.find()).status).toBe("ACTIVE_HEALTHY");
});

test("a refusal to pause reaches the user", async () => {
  const name = "lag--refused";
  const one = await readyProject(FREE, name);
  const response = { status: 403, body: { message: "Your role can't pause projects" } };
  live.sandbox.setFaults([{ kind: "respond", response, match: "/pause$" }]);
  const rest = new Life(standby, live.context());
  const run = rest.up({ project: one.ref, organization: FREE, name, state: "suspended" });
  await expect(run).rejects.toThrow(/status 403[\s\S]*can't pause projects[\s\S]*Owner or Administrator/);
  live.sandbox.setFaults([]);
});
