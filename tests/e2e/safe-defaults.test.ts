import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifyDocument } from "../../src/cli/commands/verify.ts";
import { tenantry } from "../cli/command-line.ts";
import { PLATFORM, World } from "./harness.ts";

const ACME = `apiVersion: tenantry/v1
kind: Organization
name: acme
owner: ada@acme.example
workspaces: { personal: {} }
`;

const CLOSED = "security: { network: { allow: [198.51.100.0/24] } }";
const OPENED = `security:
  network: { allow: [198.51.100.0/24], workspaces: [203.0.113.0/24] }
  tls: { optional: true, reason: A legacy reporting tool knows no TLS. }
  realtime: { publicChannels: true, reason: The status page is public. }
`;

describe("the projects of a platform after an up", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": ACME });
    await up();
  });
  afterAll(() => world?.close());

  async function up(): Promise<void> {
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", "tiny.acme");
  }

  async function manage<T>(path: string, method = "GET", body?: object): Promise<T> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const response = await fetch(SUPABASE_API_URL + path, {
      method,
      headers: { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return JSON.parse(text || "null") as T;
  }

  async function refs(): Promise<{ controlPlane: string; workspace: string }> {
    const projects = await manage<{ ref: string; name: string }[]>("/v1/projects");
    const refOf = (prefix: string) => projects.find(({ name }) => name.startsWith(prefix))?.ref ?? "";
    return { controlPlane: refOf("tiny--"), workspace: refOf("tiny--acme--") };
  }

  async function safety(ref: string) {
    const path = `/v1/projects/${ref}`;
    const realtime = await manage<{ private_only: boolean }>(`${path}/config/realtime`);
    const { config } = await manage<{ config: object }>(`${path}/network-restrictions`);
    const ssl = await manage<{ currentConfig: { database: boolean } }>(`${path}/ssl-enforcement`);
    return { privateOnly: realtime.private_only, ...config, tls: ssl.currentConfig.database };
  }

  async function verify(env: object = {}) {
    const args = ["verify", "--json", `--sandbox=${world.sandbox.folder}`];
    const ran = await tenantry(args, { cwd: world.folder, env: { ...world.environment, ...env } });
    const { databases } = JSON.parse(ran.stdout) as VerifyDocument;
    const unclean = databases.filter(({ outcome }) => outcome !== "clean");
    return { exitCode: ran.exitCode, unclean };
  }

  it("are closed: private channels, the declared network, TLS", async () => {
    const { controlPlane, workspace } = await refs();
    const closed = { privateOnly: true, dbAllowedCidrsV6: [], tls: true };
    expect(await safety(controlPlane)).toEqual({ ...closed, dbAllowedCidrs: ["198.51.100.0/24"] });
    expect(await safety(workspace)).toEqual({ ...closed, dbAllowedCidrs: [] });
    expect(await verify()).toEqual({ exitCode: 0, unclean: [] });
  });

  it("are verified: an opened setting differs, and one that can't be read isn't verified", async () => {
    const { workspace } = await refs();
    const path = `/v1/projects/${workspace}/config/realtime`;
    await manage(path, "PATCH", { private_only: false });
    const found = {
      stack: "tiny.acme",
      database: "workspace personal",
      differences: [
        { subject: "Realtime", expected: "accepts only private channels", found: "accepts public channels" },
      ],
    };
    expect(await verify()).toMatchObject({
      exitCode: 2,
      unclean: [{ ...found, outcome: "differs", reason: null }],
    });

    world.sandbox.setFaults([{ kind: "500", match: `^GET .*${workspace}/config/storage$` }]);
    expect(await verify({ TENANTRY_ATTEMPTS: "1" })).toMatchObject({
      exitCode: 1,
      unclean: [{ ...found, outcome: "not verified", reason: expect.stringContaining("/config/storage") }],
    });
    world.sandbox.setFaults([]);
    await manage(path, "PATCH", { private_only: true });
  });

  it("are opened as far as the platform declares", async () => {
    world.write("tiny/platform.yaml", PLATFORM.replace(CLOSED, OPENED));
    await up();
    const { controlPlane, workspace } = await refs();
    const opened = { privateOnly: false, dbAllowedCidrsV6: [], tls: false };
    expect(await safety(controlPlane)).toEqual({ ...opened, dbAllowedCidrs: ["198.51.100.0/24"] });
    expect(await safety(workspace)).toEqual({ ...opened, dbAllowedCidrs: ["203.0.113.0/24"] });
    expect(await verify()).toEqual({ exitCode: 0, unclean: [] });
  });
});
