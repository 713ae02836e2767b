import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { FleetReport } from "../../src/fleet/report.ts";
import { Repository } from "../git-repository.ts";
import { ORGANIZATION, PLATFORM } from "./command-line.ts";

/** Loaded before the command line: every way to the network ends the process. */
const NO_NETWORK = `
import dgram from "node:dgram";
import dns from "node:dns";
import net from "node:net";
const refuse = (what) => function () { console.error("TOUCHED " + what); process.exit(99); };
net.Socket.prototype.connect = refuse("a socket");
net.Server.prototype.listen = refuse("a server");
dgram.createSocket = refuse("UDP");
dns.lookup = refuse("DNS");
globalThis.fetch = refuse("fetch");
`;

test("a plan opens no connection and reads no variable with a secret, in a process without any", async () => {
  const repository = Repository.with({
    "stacks/demo/platform.yaml": PLATFORM,
    "stacks/demo/orgs/acme.yaml": ORGANIZATION,
  });
  const secret = "llmProvider: { kind: anthropic, apiKey: { secret: acme-models } }\n";
  repository.write({
    "stacks/demo/platform.yaml": PLATFORM.replace("rpm: 60", "rpm: 90"),
    "stacks/demo/orgs/acme.yaml": `${ORGANIZATION}${secret}`,
  });
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(NO_NETWORK)}`,
    join(import.meta.dirname, "../../bin/tenantry"),
    "plan",
    "--since=main",
    "--json",
  ];
  const env = {
    PATH: process.env.PATH ?? "",
    TENANTRY_TODAY: "2026-11-22",
    TENANTRY_SECRET_ACME_MODELS: "planted-4711",
  };
  const { code, stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: repository.folder,
    env,
  })
    .then((ended) => ({ code: 0, ...ended }))
    .catch((error: { code: number; stdout: string; stderr: string }) => error);
  expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  const { stacks } = JSON.parse(stdout) as FleetReport;
  expect(stacks.map(({ stack, outcome }) => `${stack} ${outcome}`)).toEqual([
    "demo.platform changes",
    "demo.acme changes",
  ]);
  expect(stdout).toContain('"after": "acme-models"');
  expect(stdout).not.toContain("planted-4711");
});
