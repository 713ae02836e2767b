import { expect, test } from "vitest";
import { readOrganizationFile, readPlatformFile, readPlatformFolder } from "../../src/manifest/read.ts";
import { folderOf, HEAD, PLATFORM } from "./folder.ts";

test("reads the platform and the organizations of a folder, sorted and unchanged", async () => {
  const folder = folderOf({
    "platform.yaml": PLATFORM,
    "orgs/zeta.yaml": HEAD.replace("acme", "zeta"),
    "orgs/acme.yaml": HEAD.replace("ada@", "Ada@"),
    "orgs/README.md": "# Customers\n",
    "orgs/.acme.yaml.swp": "an editor's",
  });
  const { platform, organizations, diagnostics } = await readPlatformFolder(folder);
  expect(diagnostics).toEqual([]);
  expect(platform?.manifest.plans.team?.entitlements.workspaces).toBe(3);
  expect(organizations.map(({ manifest }) => [manifest.name, manifest.owner])).toEqual([
    ["acme", "Ada@acme.example"],
    ["zeta", "ada@acme.example"],
  ]);
});

test("a platform can have no organizations", async () => {
  const { platform, organizations, diagnostics } = await readPlatformFolder(
    folderOf({ "platform.yaml": PLATFORM }),
  );
  expect([platform?.manifest.name, organizations, diagnostics]).toEqual(["shop", [], []]);
});

test("one file is read without its neighbours", () => {
  const folder = folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": HEAD, "orgs/broken.yaml": "{" });
  expect(readPlatformFile(folder)).toMatchObject({ parsed: { manifest: { name: "shop" } }, diagnostics: [] });
  expect(readOrganizationFile(folder, "acme")).toMatchObject({
    parsed: { manifest: { name: "acme" } },
    diagnostics: [],
  });
  expect(readOrganizationFile(folder, "nobody").diagnostics).toMatchObject([{ rule: "missing-file" }]);
});

test("YAML 1.2: off, no and dates are text; a byte order mark and Windows line ends are ignored", async () => {
  const text = `\ufeff${HEAD}displayName: no\nwallets: { data: { autoReload: off } }\nworkspaces: { one: { expires: 2027-01-31 } }\n`;
  const folder = folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": text.replaceAll("\n", "\r\n") });
  const { organizations, diagnostics } = await readPlatformFolder(folder);
  expect(diagnostics).toEqual([]);
  expect(organizations[0]?.manifest).toMatchObject({
    displayName: "no",
    wallets: { data: { autoReload: "off" } },
    workspaces: { one: { expires: "2027-01-31" } },
  });
});

test("anchors can be used", async () => {
  const text = `${HEAD}workspaces:\n  one: &like { compute: small }\n  two: *like\n`;
  const { organizations, diagnostics } = await readPlatformFolder(
    folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": text }),
  );
  expect(diagnostics).toEqual([]);
  expect(organizations[0]?.manifest.workspaces).toEqual({
    one: { compute: "small" },
    two: { compute: "small" },
  });
});
