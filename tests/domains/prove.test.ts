import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dnsLookup } from "../../src/domains/dns.ts";
import { proveDomains } from "../../src/domains/prove.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../src/provider/resources/control-plane/workspace.ts";
import { domainRecord } from "../../src/shared/domain-record.ts";
import { stableId } from "../../src/shared/ids.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  controlPlaneOf,
  organizationOf,
  withCatalogue,
  workspaceOf,
} from "../provider/resources/control-plane/control-plane.ts";
import { type NameServer, startNameServer } from "./name-server.ts";

let live: Live;
let names: NameServer;

beforeAll(async () => {
  names = await startNameServer();
  live = await startLive();
  await withCatalogue(live, "apps");
  for (const name of ["acme", "rival"])
    await new Life(organization, live.context()).up(organizationOf("apps", name));
  await publish("acme", "production", { store: "shop.example", blog: "blog.example", lost: "lost.example" });
  await publish("rival", "main", { store: "shop.example" });
});
afterAll(async () => {
  await live.stop();
  await names.stop();
});

function publish(owner: string, name: string, domains: Record<string, string>) {
  const { slack: _, email: __, ...fields } = workspaceOf("apps", name);
  return new Life(workspace, live.context()).up({
    ...fields,
    organization: stableId(`apps/${owner}`),
    workspaceId: stableId(`apps/${owner}/${name}`),
    access: {},
    apps: Object.fromEntries(Object.entries(domains).map(([app, domain]) => [app, { domain }])),
  });
}

async function look(): Promise<Record<string, string>> {
  const database = await live.context()("write").controlPlane(controlPlaneOf("apps"));
  const domains = await proveDomains(database, dnsLookup([names.address]));
  return Object.fromEntries(domains.map((it) => [`${it.organization} ${it.domain}`, it.status]));
}

/** The expected DNS record of an app. */
function recordOf(owner: string, name: string, app: string, domain: string) {
  return domainRecord(stableId(`apps/${owner}/${name}`), app, domain);
}

describe("an app's domain", () => {
  const store = () => recordOf("acme", "production", "store", "shop.example");

  test("isn't proven without its record, or with a wrong or similar one", async () => {
    names.records.set("_tenantry.blog.example", ["tenantry-domain=", "v=spf1 -all"]);
    names.records.set(store().name, [recordOf("acme", "production", "blog", "shop.example").value]);
    names.records.set("_tenantry.lost.example", "fails");
    expect(await look()).toEqual({
      "acme blog.example": "not proven",
      "acme lost.example": "unknown",
      "acme shop.example": "not proven",
      "rival shop.example": "not proven",
    });
  });

  test("is proven permanently by its record, and can't be proven by another app afterwards", async () => {
    names.records.set(store().name, ["v=spf1 -all", store().value]);
    expect(await look()).toMatchObject({ "acme shop.example": "proven", "rival shop.example": "not proven" });

    const rival = recordOf("rival", "main", "store", "shop.example");
    names.records.set(rival.name, [rival.value]);
    names.asked.length = 0;
    expect(await look()).toMatchObject({ "acme shop.example": "proven", "rival shop.example": "not proven" });
    expect(names.asked.filter((name) => name === rival.name)).toHaveLength(1);
  });

  test("must be proven again if the app changes its domain", async () => {
    await publish("acme", "production", { store: "next.example" });
    expect(await look()).toEqual({ "acme next.example": "not proven", "rival shop.example": "proven" });
  });
});

test("without an answer from name servers, the result is unknown", async () => {
  await expect(dnsLookup(["127.0.0.1:1"])("_tenantry.any.example")).rejects.toThrow(/ECONNREFUSED|TIMEOUT/);
  expect(() => dnsLookup(["nowhere"])).toThrow("Expected addresses of name servers, found nowhere");
});
