import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import { organizationSchema } from "../../src/manifest/organization.ts";
import { platformSchema } from "../../src/manifest/platform.ts";
import type { Repository } from "../../src/manifest/repository.ts";
import { secretUses } from "../../src/manifest/secret-uses.ts";
import { ownerOfSecret } from "../../src/model/secret-owner.ts";
import { loadPlatform, loadStack } from "../../src/repository/load.ts";
import { PACKAGE_ROOT } from "../../src/shared/package.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";

const TODAY = "2026-11-22";
const STACKS = join(PACKAGE_ROOT, "stacks");

const key = (secret: string) => `llmProvider: { kind: openai, apiKey: { secret: ${secret} } }\n`;
const organization = (name: string, ...lines: readonly string[]) =>
  HEAD.replace("name: acme", `name: ${name}`) + lines.join("");
const listing = (secret: string, ...organizations: readonly string[]) =>
  `secrets: { ${secret}: { organizations: [${organizations.join(", ")}], reason: agreed } }\n`;
const other = PLATFORM.replace("name: shop", "name: other");

/** `file rule` of each error, of one stack. */
function errorsOf(stacks: string, stack: string): string[] {
  const { model, diagnostics } = loadStack(stacks, stack, TODAY);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(model === undefined).toBe(errors.length > 0);
  return errors.map(({ rule, place }) => `${place.file.slice(stacks.length + 1)} ${rule}`);
}

const REFUSED = ["shop/orgs/acme.yaml secret-of-one-organization"];

describe("a secret belongs to", () => {
  const files = {
    "shop/platform.yaml": PLATFORM,
    "shop/orgs/acme.yaml": organization("acme"),
    "shop/orgs/acme-labs.yaml": organization("acme-labs"),
    "shop/orgs/beta.yaml": organization("beta"),
    "other/platform.yaml": other,
    "other/orgs/gamma.yaml": organization("gamma"),
  };
  const withSecret = (secret: string, more: Readonly<Record<string, string>> = {}) =>
    folderOf({ ...files, "shop/orgs/acme.yaml": organization("acme", key(secret)), ...more });

  test.each([
    ["the organization whose name is its prefix", "acme-models", {}, []],
    ["the organization with the longest name", "acme-labs-models", {}, REFUSED],
    ["the organization whose name and a hyphen are its prefix", "acme-labsmodels", {}, []],
    ["another organization of the platform", "beta-models", {}, REFUSED],
    ["an organization of another platform", "gamma-models", {}, REFUSED],
    ["no organization", "models", {}, REFUSED],
    ["no organization if it is only an organization's name", "acme", {}, REFUSED],
    ["tenantry", "root", {}, REFUSED],
    ["tenantry if it is a version of its own", "root-previous", {}, REFUSED],
    [
      "tenantry, even if an organization has that name",
      "root-secret",
      { "shop/orgs/root.yaml": organization("root") },
      REFUSED,
    ],
    [
      "the organizations that the platform lists",
      "pool",
      { "shop/platform.yaml": PLATFORM + listing("pool", "acme", "beta") },
      [],
    ],
    [
      "other organizations, if the platform lists those",
      "acme-models",
      { "shop/platform.yaml": PLATFORM + listing("acme-models", "beta") },
      REFUSED,
    ],
    [
      "the listed organization instead of the one with the longest name",
      "acme-labs-models",
      { "shop/platform.yaml": PLATFORM + listing("acme-labs-models", "acme") },
      [],
    ],
    [
      "neither of two organizations with the same name",
      "acme-models",
      { "other/orgs/acme.yaml": organization("acme") },
      REFUSED,
    ],
    [
      "the listed one of two organizations with the same name",
      "acme-models",
      {
        "other/orgs/acme.yaml": organization("acme"),
        "shop/platform.yaml": PLATFORM + listing("acme-models", "acme"),
      },
      [],
    ],
    [
      "neither of two organizations if both platforms list it",
      "acme-models",
      {
        "other/orgs/acme.yaml": organization("acme"),
        "shop/platform.yaml": PLATFORM + listing("acme-models", "acme"),
        "other/platform.yaml": other + listing("acme-models", "acme"),
      },
      ["shop/platform.yaml listed-secret", ...REFUSED],
    ],
    [
      "no organization of the platform if another platform lists it",
      "pool",
      { "other/platform.yaml": other + listing("pool", "gamma") },
      REFUSED,
    ],
  ])("%s: %s", (_, secret, more, errors) => {
    expect(errorsOf(withSecret(secret, more), "shop.acme")).toEqual(errors);
  });

  test("an organization whose file is a dangling link", () => {
    const stacks = withSecret("beta-labs-models");
    symlinkSync("nowhere.yaml", join(stacks, "shop/orgs/beta-labs.yaml"));
    writeFileSync(join(stacks, "shop/orgs/beta.yaml"), organization("beta", key("beta-labs-models")));
    expect(errorsOf(stacks, "shop.beta")).toEqual(["shop/orgs/beta.yaml secret-of-one-organization"]);
  });

  test("neither of two organizations whose names are prefixes, once the one with the shorter name uses it", () => {
    const stacks = withSecret("acme-labs-models", {
      "shop/orgs/acme-labs.yaml": organization("acme-labs", key("acme-labs-models")),
    });
    expect(errorsOf(stacks, "shop.acme")).toEqual(REFUSED);
    expect(errorsOf(stacks, "shop.acme-labs")).toEqual([
      "shop/orgs/acme-labs.yaml secret-of-one-organization",
    ]);
  });

  test("neither of them if the file of the one with the shorter name has errors and contains it", () => {
    const stacks = withSecret("x", {
      "shop/orgs/acme.yaml": `${organization("acme", key("acme-labs-models"))}nonsense: {`,
      "shop/orgs/acme-labs.yaml": organization("acme-labs", key("acme-labs-models")),
    });
    expect(errorsOf(stacks, "shop.acme-labs")).toEqual([
      "shop/orgs/acme-labs.yaml secret-of-one-organization",
    ]);
  });
});

test.each([
  ["reserved for tenantry", listing("root", "acme")],
  ["owned by an organization of another platform", listing("gamma-models", "acme")],
  ["listed by another platform", listing("taken", "acme")],
  ["for an organization that doesn't exist", listing("acme-models", "acmee")],
])("a platform can't list a secret that is %s", (_, list) => {
  const stacks = folderOf({
    "shop/platform.yaml": PLATFORM + list,
    "shop/orgs/acme.yaml": organization("acme"),
    "other/platform.yaml": other + listing("taken", "gamma"),
    "other/orgs/gamma.yaml": organization("gamma"),
  });
  for (const stack of ["shop.platform", "shop.acme"])
    expect(errorsOf(stacks, stack)).toEqual(["shop/platform.yaml listed-secret"]);
});

test.each([
  ["mentions the secret", `${other}# pool\nnonsense: {`, ["shop/platform.yaml listed-secret"]],
  ["may write it with an escape", `${other}nonsense: "\\x70ool`, ["shop/platform.yaml listed-secret"]],
  ["isn't text", Buffer.from([0xff]), ["shop/platform.yaml listed-secret"]],
  ["has nothing to do with it", `${other}nonsense: {`, []],
  ["has a longer name in it", `${other}nonsense: { pool-two`, []],
])("a list, while another platform's manifest has errors and %s", (_what, text, errors) => {
  const stacks = folderOf({
    "shop/platform.yaml": PLATFORM + listing("pool", "acme"),
    "shop/orgs/acme.yaml": organization("acme", key("pool")),
    "other/platform.yaml": text,
  });
  expect(errorsOf(stacks, "shop.acme")).toEqual(errors);
});

const part = fc.constantFrom("a", "b", "root", "previous", "labs");
const slug = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("-"));

test("every name has at most one owner for any set of organizations", () => {
  const platforms = fc.array(fc.uniqueArray(slug, { maxLength: 12 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(platforms, slug, (organizations, secret) => {
      const repository = (own: number): Repository => ({
        own: `p${own}`,
        platforms: organizations.map((names, index) => ({
          name: `p${index}`,
          manifest: undefined,
          words: undefined,
          organizations: new Set(names),
          named: new Map(),
        })),
      });
      const owners = organizations.flatMap((names, own) =>
        names.filter((name) => {
          const owner = ownerOfSecret(secret, repository(own));
          return (
            owner.kind === "organizations" &&
            owner.platform === `p${own}` &&
            owner.organizations.includes(name)
          );
        }),
      );
      expect(owners.length).toBeLessThanOrEqual(1);
      const longest = organizations
        .flat()
        .filter((name) => secret.startsWith(`${name}-`))
        .sort((a, b) => b.length - a.length)[0];
      for (const owner of owners) expect(owner).toBe(longest);
    }),
    { numRuns: 2000 },
  );
});

/** The fields of a manifest's schema that name a secret. */
function fieldsThatTakeSecrets(schema: unknown, path = ""): string[] {
  const inner = schema as {
    shape?: object;
    valueType?: unknown;
    element?: unknown;
    options?: unknown[];
    unwrap?: () => unknown;
  };
  if (inner.shape !== undefined)
    return Object.entries(inner.shape).flatMap(([name, child]) =>
      name === "secret" ? [`${path}secret`] : fieldsThatTakeSecrets(child, `${path}${name}.`),
    );
  if (inner.valueType !== undefined) return fieldsThatTakeSecrets(inner.valueType, `${path}*.`);
  if (inner.element !== undefined) return fieldsThatTakeSecrets(inner.element, `${path}*.`);
  if (inner.options !== undefined)
    return inner.options.flatMap((option) => fieldsThatTakeSecrets(option, path));
  return inner.unwrap === undefined ? [] : fieldsThatTakeSecrets(inner.unwrap(), path);
}

/** Sets a secret in each of those fields. */
const ATTEMPTS: Readonly<
  Record<string, (manifest: OrganizationManifest, secret: string) => OrganizationManifest>
> = {
  "llmProvider.apiKey.secret": (manifest, secret) => ({
    ...manifest,
    llmProvider: { kind: "openai", apiKey: { secret } },
  }),
  "workspaces.*.connections.*.secret": (manifest, secret) => {
    const [[name, workspace] = ["personal", {}]] = Object.entries(manifest.workspaces ?? {});
    const connections = { ...workspace.connections, attempt: { kind: "postgres", secret } };
    return { ...manifest, workspaces: { ...manifest.workspaces, [name]: { ...workspace, connections } } };
  },
};

test("all fields that name a secret are covered", () => {
  expect(fieldsThatTakeSecrets(organizationSchema)).toEqual(Object.keys(ATTEMPTS));
  expect(fieldsThatTakeSecrets(platformSchema)).toEqual([]);
});

describe("in both example platforms, every secret of another organization and of tenantry", () => {
  const manifests = readdirSync(STACKS).flatMap((platform) =>
    readdirSync(join(STACKS, platform, "orgs")).map((file) => {
      const text = readFileSync(join(STACKS, platform, "orgs", file), "utf8");
      return { platform, name: basename(file, ".yaml"), manifest: parse(text) as OrganizationManifest };
    }),
  );
  const secretsOf = (manifest: OrganizationManifest) => secretUses(manifest).map(({ secret }) => secret);
  const OWN = ["root", "root-secret", "root-previous", "root-secret-previous"];

  test.each(manifests)("is refused to $name of $platform in every field, alone", (subject) => {
    const others = manifests.filter((each) => each !== subject).flatMap((each) => secretsOf(each.manifest));
    const names = [...new Set([...others, ...OWN])];
    expect(names.length).toBeGreaterThan(15);
    const stacks = folderOf({});
    cpSync(STACKS, stacks, { recursive: true });
    const file = join(stacks, subject.platform, "orgs", `${subject.name}.yaml`);
    for (const attempt of Object.values(ATTEMPTS)) {
      for (const secret of names) {
        writeFileSync(file, stringify(attempt(subject.manifest, secret)));
        const { model, diagnostics } = loadStack(stacks, `${subject.platform}.${subject.name}`, TODAY);
        expect(model).toBeUndefined();
        expect(diagnostics.map(({ rule, place }) => `${rule} ${place.file}`)).toContain(
          `secret-of-one-organization ${file}`,
        );
      }
    }
  });

  test.each(["agntdata", "camelai"])(
    "is refused to organizations of %s when all of it is read",
    async (platform) => {
      const stacks = folderOf({});
      cpSync(STACKS, stacks, { recursive: true });
      const mine = manifests.filter((each) => each.platform === platform);
      const taken = [...new Set(manifests.flatMap((each) => secretsOf(each.manifest))), ...OWN];
      for (const secret of taken) {
        for (const { name, manifest } of mine)
          writeFileSync(
            join(stacks, platform, "orgs", `${name}.yaml`),
            stringify(Object.values(ATTEMPTS).reduce((each, attempt) => attempt(each, secret), manifest)),
          );
        const { model, diagnostics } = await loadPlatform(join(stacks, platform), TODAY);
        expect(model).toBeUndefined();
        const refused = diagnostics.filter(({ rule }) => rule === "secret-of-one-organization");
        const holders = mine.filter(({ manifest }) => secretsOf(manifest).includes(secret));
        expect(new Set(refused.map(({ place }) => basename(place.file, ".yaml")))).toEqual(
          new Set(mine.filter((each) => !holders.includes(each)).map(({ name }) => name)),
        );
        expect(refused.every(({ place }) => basename(dirname(dirname(place.file))) === platform)).toBe(true);
      }
    },
  );
});
