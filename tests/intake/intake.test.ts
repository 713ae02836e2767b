import { readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { AppRows } from "../../src/intake/app-rows.ts";
import { runIntake } from "../../src/intake/intake.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";
import { rowsOf } from "./rows.ts";

const ACME = `# Our first customer.
${HEAD}plan: big
members:
  - { email: Grace@acme.example, role: admin }   # on leave
  - { email: alan@acme.example, role: member, workspaces: [production] }

workspaces:
  production: {}
`;

const workspace = (name: string, more: Partial<AppRows["workspaces"][number]> = {}) => ({
  name,
  generation: 1,
  display_name: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  expires_on: null,
  ...more,
});

function platformFolder(acme = ACME): string {
  return folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": acme });
}

const read = (folder: string, name = "acme") => readFileSync(join(folder, "orgs", `${name}.yaml`), "utf8");
const asked = { everything: false, today: "2026-11-22" };
const everything = { everything: true, today: "2026-11-22" };

it("adds a workspace to its organization's manifest, and changes no other line", async () => {
  const folder = platformFolder();
  const rows = rowsOf({
    workspaces: [workspace("spike", { display_name: "Agent spike", expires_on: "2026-12-15" })],
  });
  const [taken] = await runIntake(folder, [rows], asked);
  expect(taken).toMatchObject({ stack: "shop.acme", outcome: "written", added: ["workspace spike"] });
  expect(read(folder)).toBe(`${ACME}  spike: { displayName: Agent spike, expires: 2026-12-15 }\n`);
});

it("doesn't write through a link to a manifest or to its folder", async () => {
  const elsewhere = folderOf({ "acme.yaml": ACME, "orgs/other.yaml": HEAD });
  const rows = rowsOf({ workspaces: [workspace("spike")] });
  const within = platformFolder();
  renameSync(join(within, "orgs/acme.yaml"), join(within, "acme.txt"));
  symlinkSync("../acme.txt", join(within, "orgs/acme.yaml"));
  expect(await runIntake(within, [rows], asked)).toMatchObject([
    { outcome: "refused", problems: [expect.stringContaining("acme.yaml is a symbolic link")] },
  ]);
  expect(readFileSync(join(within, "acme.txt"), "utf8")).toBe(ACME);

  for (const target of [join(elsewhere, "orgs"), join(elsewhere, "not-there-yet")]) {
    const folder = folderOf({ "platform.yaml": PLATFORM });
    symlinkSync(target, join(folder, "orgs"));
    await expect(runIntake(folder, [rows], asked)).rejects.toThrow("leads out of the platform's folder");
  }
  expect(readdirSync(elsewhere, { recursive: true }).sort()).toEqual([
    "acme.yaml",
    "orgs",
    "orgs/other.yaml",
  ]);
});

it("writes nothing a second time", async () => {
  const folder = platformFolder();
  const rows = rowsOf({
    workspaces: [workspace("spike")],
    members: [{ email: "new@acme.example", role: "member" }],
  });
  await runIntake(folder, [rows], everything);
  const before = read(folder);
  expect(await runIntake(folder, [rows], everything)).toMatchObject([{ outcome: "unchanged", added: [] }]);
  expect(read(folder)).toBe(before);
  expect(readdirSync(join(folder, "orgs"))).toEqual(["acme.yaml"]);
});

it("keeps the default workspace when another is added", async () => {
  const folder = platformFolder(`${HEAD}plan: big\n`);
  await runIntake(folder, [rowsOf({ workspaces: [workspace("spike")] })], asked);
  expect(read(folder)).toBe(`${HEAD}plan: big\nworkspaces:\n  personal: {}\n  spike: {}\n`);
});

it("writes the manifest of an organization that signed up", async () => {
  const folder = platformFolder();
  const rows = rowsOf({
    name: "jo-0a1b2c3d",
    display_name: "Jo: surveys",
    plan: "free",
    managed_by: "app",
    owner: "jo@lonepine.example",
    billing_email: "bills@lonepine.example",
    wallets: [{ name: "data", reload_below: 5, reload_add: 50, reload_up_to: null, reload_monthly_cap: 100 }],
    workspaces: [workspace("personal")],
  });
  expect(await runIntake(folder, [rows], asked)).toMatchObject([
    { stack: "shop.jo-0a1b2c3d", outcome: "written" },
  ]);
  expect(read(folder, "jo-0a1b2c3d")).toBe(`apiVersion: tenantry/v1
kind: Organization
name: jo-0a1b2c3d
displayName: "Jo: surveys"
plan: free
owner: jo@lonepine.example
billing:
  email: bills@lonepine.example
workspaces:
  personal: {}
wallets:
  data: { autoReload: { below: 5, add: 50, monthlyCap: 100 } }
`);
});

it("imports members, invitations, apps and cron jobs, and reports what stays with the app", async () => {
  const folder = platformFolder();
  const rows = rowsOf({
    workspaces: [workspace("spike")],
    members: [
      { email: "grace@acme.example", role: "admin" },
      { email: "lin@acme.example", role: "member" },
      { email: "ops@acme.example", role: "admin" },
    ],
    access: [
      { email: "alan@acme.example", workspace: "spike" },
      { email: "lin@acme.example", workspace: "production" },
    ],
    invitations: [
      { email: "new@acme.example", role: "member", workspaces: ["spike"], expires_on: "2026-12-31" },
    ],
    apps: [{ workspace: "production", name: "store", domain: "store.acme.example" }],
    cron_jobs: [{ workspace: "spike", name: "nightly", schedule: "0 3 * * *", task: "rebuild: the index" }],
    connections: [{ workspace: "production", name: "warehouse" }],
    api_keys: [{ workspace: "production", name: "ci" }],
  });
  const [taken] = await runIntake(folder, [rows], everything);
  expect(taken?.left.map(({ what }) => what)).toEqual([
    "connection production/warehouse",
    "API key production/ci",
  ]);
  expect(read(folder)).toBe(`# Our first customer.
${HEAD}plan: big
members:
  - { email: Grace@acme.example, role: admin }   # on leave
  - { email: alan@acme.example, role: member, workspaces: [production, spike] }
  - { email: lin@acme.example, role: member, workspaces: [production] }
  - { email: ops@acme.example, role: admin }

workspaces:
  production: { apps: { store: { domain: store.acme.example } } }
  spike: { cron: { nightly: { schedule: 0 3 * * *, task: "rebuild: the index" } } }
invitations:
  - { email: new@acme.example, role: member, workspaces: [spike], expires: 2026-12-31 }
`);
});

it("adds no list of which an earlier manifest declared entries, because that would remove them", async () => {
  const manifest = `${HEAD}plan: big
members: [{ email: Alan@acme.example, role: member }]
workspaces: { production: {}, spike: {} }
`;
  const folder = platformFolder(manifest);
  const rows = rowsOf({
    kept: [
      "members",
      "members.alan@acme.example.workspaces",
      "invitations",
      "workspaces.production.apps",
      "workspaces.production.cron",
    ],
    members: [{ email: "lin@acme.example", role: "admin" }],
    access: [{ email: "alan@acme.example", workspace: "spike" }],
    invitations: [{ email: "new@acme.example", role: "admin", workspaces: [], expires_on: "2026-12-31" }],
    apps: ["production", "spike"].map((name) => ({ workspace: name, name: "store", domain: null })),
    cron_jobs: [{ workspace: "production", name: "nightly", schedule: "0 3 * * *", task: "count" }],
  });
  const [taken] = await runIntake(folder, [rows], everything);
  expect(taken?.added).toEqual(["member lin@acme.example", "app spike/store"]);
  expect(taken?.left).toEqual(
    [
      ["workspace spike of member Alan@acme.example", "workspaces"],
      ["invitation new@acme.example", "invitations"],
      ["app production/store", "apps"],
      ["cron job production/nightly", "cron"],
    ].map(([what, key]) => ({ what, reason: expect.stringContaining(`leaves \`${key}\` out`) })),
  );
});

it("leaves out access to single workspaces if the plan doesn't have it", async () => {
  const folder = platformFolder(`${HEAD}plan: big\n`);
  const rows = rowsOf({
    per_workspace_access: false,
    members: [{ email: "lin@acme.example", role: "member" }],
    access: [{ email: "lin@acme.example", workspace: "personal" }],
  });
  await runIntake(folder, [rows], everything);
  expect(read(folder)).toBe(`${HEAD}plan: big\nmembers:\n  - { email: lin@acme.example, role: member }\n`);
});

it("refuses a manifest that would break a rule, names the rule, and writes the others", async () => {
  const folder = platformFolder(`${HEAD}plan: free\n`);
  const rows = rowsOf({ plan: "free", workspaces: [workspace("spike")] });
  const fresh = rowsOf({
    name: "jo",
    plan: "free",
    managed_by: "app",
    owner: "jo@x.example",
    workspaces: [workspace("personal")],
  });
  const [refused, written] = await runIntake(folder, [rows, fresh], asked);
  expect(refused).toMatchObject({
    outcome: "refused",
    added: [],
    problems: [expect.stringMatching(/workspaces/)],
  });
  expect(written?.outcome).toBe("written");
  expect(read(folder)).toBe(`${HEAD}plan: free\n`);
});

it("refuses an organization whose manifest is missing, and a list that it can't edit", async () => {
  const folder = platformFolder(
    `${HEAD}plan: big\nmembers: &them [{ email: a@acme.example, role: admin }]\ninvitations: []\n`,
  );
  const gone = rowsOf({ name: "globex", workspaces: [workspace("spike")] });
  expect(await runIntake(folder, [gone], asked)).toMatchObject([
    {
      outcome: "refused",
      problems: [expect.stringMatching(/globex\.yaml, which declared the organization, is missing/)],
    },
  ]);
  const aliased = `${HEAD}plan: big\nworkspaces:\n  one: &w { apps: {} }\n  two: *w\n`;
  writeFileSync(join(folder, "orgs/acme.yaml"), aliased);
  const app = rowsOf({ apps: [{ workspace: "two", name: "store", domain: null }] });
  expect(await runIntake(folder, [app], everything)).toMatchObject([
    { outcome: "refused", problems: [expect.stringMatching(/workspaces\.two/)] },
  ]);
  expect(read(folder)).toBe(aliased);
});

it("adds no workspace that has the name of an earlier one", async () => {
  const folder = platformFolder();
  const rows = rowsOf({ workspaces: [workspace("production", { generation: 2 })] });
  expect(await runIntake(folder, [rows], asked)).toMatchObject([
    {
      outcome: "unchanged",
      left: [{ what: "workspace production", reason: expect.stringMatching(/generation: 2/) }],
    },
  ]);
});

it("creates the folder of a platform's first organization", async () => {
  const folder = folderOf({ "platform.yaml": PLATFORM });
  const rows = rowsOf({
    name: "jo",
    plan: "free",
    managed_by: "app",
    owner: "jo@x.example",
    workspaces: [workspace("personal")],
  });
  expect(await runIntake(folder, [rows], asked)).toMatchObject([{ outcome: "written" }]);
});

const BAD_ADDRESSES = ["a..b@x.example", `${"a".repeat(120)}@x.example`, "a\u0001b@x.example", "a@localhost"];

it("skips rows with invalid names, states the remedy, and adds the rest", async () => {
  const folder = platformFolder();
  const rows = rowsOf({
    wallets: [],
    workspaces: [workspace("spike", { display_name: "\ufeff" }), workspace("sales")],
    members: [...BAD_ADDRESSES, "a&b@x.example"].map((email) => ({ email, role: "member" as const })),
    access: [
      { email: "a&b@x.example", workspace: "sales" },
      { email: "a&b@x.example", workspace: "spike" },
      { email: "a..b@x.example", workspace: "sales" },
    ],
    invitations: [
      { email: "x@x.xn--p1ai", role: "member", workspaces: ["sales", "spike"], expires_on: "2026-12-31" },
      { email: "a b@x.example", role: "member", workspaces: [], expires_on: "2026-12-31" },
      { email: "late@x.example", role: "member", workspaces: [], expires_on: "infinity" },
    ],
    apps: [
      { workspace: "spike", name: "store", domain: null },
      { workspace: "sales", name: "store", domain: "a_b.example" },
      { workspace: "sales", name: "own", domain: "x.shop.example" },
      { workspace: "sales", name: "fine", domain: "fine.acme.example" },
    ],
    cron_jobs: [
      { workspace: "sales", name: "often", schedule: "*,".repeat(16_000), task: "rebuild" },
      { workspace: "sales", name: "never", schedule: "0 0 30 2 *", task: "rebuild" },
      { workspace: "sales", name: "odd", schedule: "0 3 * * *", task: "two\nlines" },
      { workspace: "sales", name: "nightly", schedule: "0 3 * * *", task: "- { a: b } # c" },
    ],
  });
  const [taken] = await runIntake(folder, [rows], everything);
  expect(taken).toMatchObject({ outcome: "written", problems: [] });
  expect(taken?.skipped.map(({ what }) => what).sort()).toEqual(
    [
      "workspace spike",
      ...BAD_ADDRESSES.map((email) => `member ${email}`),
      "workspace spike of member a&b@x.example",
      "invitation a b@x.example",
      "invitation late@x.example",
      "app spike/store",
      "app sales/store",
      // A subdomain of the platform's own domain.
      "app sales/own",
      ...["often", "never", "odd"].map((name) => `cron job sales/${name}`),
    ].sort(),
  );
  for (const { reason, remedy } of taken?.skipped ?? []) {
    expect(reason).toMatch(/expected|cron|is skipped|platform's own/);
    expect(remedy).toMatch(/row of public\.[a-z_]+ in the control plane; then run this command again/);
  }
  const written = parse(read(folder));
  expect(written.members.at(-1)).toEqual({ email: "a&b@x.example", role: "member", workspaces: ["sales"] });
  expect(written.invitations).toEqual([
    { email: "x@x.xn--p1ai", role: "member", workspaces: ["sales"], expires: "2026-12-31" },
  ]);
  expect(written.workspaces.sales).toEqual({
    apps: { fine: { domain: "fine.acme.example" } },
    cron: { nightly: { schedule: "0 3 * * *", task: "- { a: b } # c" } },
  });
});

it("skips organizations that can't have a manifest, and adds the others", async () => {
  const folder = platformFolder();
  const fresh = (name: string, more: Partial<AppRows>) =>
    rowsOf({
      name,
      plan: "free",
      managed_by: "app",
      owner: "jo@x.example",
      billing_email: "jo@x.example",
      workspaces: [workspace("personal")],
      ...more,
    });
  const taken = await runIntake(
    folder,
    [
      fresh("unseen", { display_name: "\ufeff" }),
      fresh("local", { owner: `${"a".repeat(120)}@x.example` }),
      fresh("a".repeat(300), {}),
      fresh("bills", { billing_email: "a..b@x.example" }),
      fresh("jo", {}),
    ],
    asked,
  );
  expect(taken.map(({ outcome }) => outcome)).toEqual([...Array(4).fill("refused"), "written"]);
  expect(taken[0]?.problems).toEqual([
    expect.stringMatching(
      /^`displayName`: expected one line of text, .* correct it in the product, or the rows of/,
    ),
  ]);
  expect(readdirSync(join(folder, "orgs")).sort()).toEqual(["acme.yaml", "jo.yaml"]);
});

it("skips a member that a rule refuses, and adds the rest", async () => {
  const folder = platformFolder(`${ACME}claimTokens: {}\n`);
  const rows = rowsOf({
    members: [
      { email: "one@acme.example", role: "member" },
      { email: "two@acme.example", role: "member" },
    ],
    access: [
      { email: "one@acme.example", workspace: "gone" },
      { email: "two@acme.example", workspace: "production" },
    ],
  });
  const [taken] = await runIntake(folder, [rows], everything);
  expect(taken?.skipped).toMatchObject([
    { what: "member one@acme.example", reason: expect.stringMatching(/gone/) },
  ]);
  expect(parse(read(folder)).members.at(-1).email).toBe("two@acme.example");
});
