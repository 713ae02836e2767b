import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/manifest/diagnostic.ts";
import { loadPlatform } from "../../src/repository/load.ts";
import { folderOf, HEAD, PLATFORM } from "./folder.ts";

const TODAY = "2026-11-22";

interface Case {
  readonly name: string;
  /** Files that are added to a valid platform, or replace its files. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** `rule file:line:column message`, one line per diagnostic. */
  readonly want: readonly string[];
}

/** An organization's file with lines after a valid head, from line 5 on. */
function acme(lines: string): Case["files"] {
  return { "orgs/acme.yaml": `${HEAD}${lines}` };
}

const BOMB = `${[
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ..."bcdefgh".split("").map((letter, index) => {
    const before = "abcdefgh"[index];
    return `${letter}: &${letter} [${Array(9).fill(`*${before}`).join(", ")}]`;
  }),
].join("\n")}\n`;

const CASES: readonly Case[] = [
  // Keys
  {
    name: "an unknown key near a known one",
    files: acme("wrkspaces: {}\n"),
    want: ["unknown-key orgs/acme.yaml:5:1 unknown key `wrkspaces`"],
  },
  {
    name: "several nested unknown keys",
    files: acme(
      "workspaces:\n  one: { compte: small }\n  two:\n    apps: { store: { domian: a.example, x: 1 } }\n",
    ),
    want: [
      "unknown-key orgs/acme.yaml:6:10 unknown key `compte` in `workspaces.one`",
      "unknown-key orgs/acme.yaml:8:22 unknown key `domian` in `workspaces.two.apps.store`",
      "unknown-key orgs/acme.yaml:8:41 unknown key `x` in `workspaces.two.apps.store`",
    ],
  },
  {
    name: "a duplicate key",
    files: acme("plan: team\nplan: big\n"),
    want: ["duplicate-key orgs/acme.yaml:6:1 duplicate key `plan`"],
  },
  {
    name: "both a duplicate workspace and a wrong type",
    files: acme("workspaces: { a: {}, a: {} }\ntrial: yes\n"),
    want: [
      "duplicate-key orgs/acme.yaml:5:22 duplicate key `a`",
      "value orgs/acme.yaml:6:8 `trial` is invalid",
    ],
  },
  {
    name: "a __proto__ key at the top",
    files: acme("__proto__: { plan: big }\n"),
    want: ["unknown-key orgs/acme.yaml:5:1 `__proto__` can't be a key"],
  },
  {
    name: "a __proto__ key as a name, spelled with an escape",
    files: acme('workspaces:\n  "\\x5f_proto__": {}\n'),
    want: ["unknown-key orgs/acme.yaml:6:3 `__proto__` can't be a key"],
  },
  {
    name: "a plan with the name of an inherited property",
    files: acme("plan: constructor\n"),
    want: ["known-plan orgs/acme.yaml:5:7 there is no plan `constructor`"],
  },
  {
    name: "a YAML 1.1 merge key",
    files: acme("billing: &b { email: b@acme.example }\nlimits: { <<: *b }\n"),
    want: ["unknown-key orgs/acme.yaml:6:11 merge keys (`<<`) aren't part of YAML 1.2"],
  },
  {
    name: "names that aren't slugs",
    files: acme("workspaces: { Prod: {}, a--b: {}, 1st: {} }\n"),
    want: [
      "name orgs/acme.yaml:5:15 `Prod` isn't a valid name in `workspaces`",
      "name orgs/acme.yaml:5:25 `a--b` isn't a valid name in `workspaces`",
      "name orgs/acme.yaml:5:35 `1st` isn't a valid name in `workspaces`",
    ],
  },
  {
    name: "a key that is a map",
    files: acme("workspaces: { { a: 1 }: {} }\n"),
    want: ["yaml-syntax orgs/acme.yaml:5:15 with stringKeys, all keys must be strings"],
  },
  // Types and values
  {
    name: "wrong types",
    files: acme("displayName: 7\ntrial: 'true'\nmembers: {}\nworkspaces: []\nbilling: charge\n"),
    want: [
      "value orgs/acme.yaml:5:14 `displayName` is invalid",
      "value orgs/acme.yaml:6:8 `trial` is invalid",
      "value orgs/acme.yaml:7:10 `members` is invalid",
      "value orgs/acme.yaml:9:10 `billing` is invalid",
      "value orgs/acme.yaml:8:13 `workspaces` is invalid",
    ],
  },
  {
    name: "a missing key",
    files: { "orgs/acme.yaml": "apiVersion: tenantry/v1\nkind: Organization\nname: acme\n" },
    want: ["missing-key orgs/acme.yaml:1:1 `owner` is missing"],
  },
  {
    name: "a workspace without a value",
    files: acme("workspaces:\n  personal:\n"),
    want: ["value orgs/acme.yaml:6:3 `workspaces.personal` is invalid"],
  },
  {
    name: "a date that doesn't exist",
    files: acme("workspaces: { spike: { expires: 2026-02-30 } }\n"),
    want: ["value orgs/acme.yaml:5:33 `workspaces.spike.expires` is invalid"],
  },
  {
    name: "unknown regions and sizes",
    files: acme("workspaces:\n  one: { region: eu-central-3, compute: smal }\n"),
    want: [
      "value orgs/acme.yaml:6:18 `workspaces.one.region` is invalid",
      "value orgs/acme.yaml:6:41 `workspaces.one.compute` is invalid",
    ],
  },
  {
    name: "a negative price",
    files: {
      "platform.yaml": PLATFORM.replace("monthly: 0 ", "monthly: -1 ").replace(
        "monthly: 49 ",
        "monthly: 49.999 ",
      ),
    },
    want: ["value platform.yaml:7:29 `plans.free.price.monthly` is invalid"],
  },
  {
    name: "a price in fractions of a cent",
    files: { "platform.yaml": PLATFORM.replace("monthly: 49 ", "monthly: 49.999 ") },
    want: ["whole-prices platform.yaml:8:29 a price in usd has at most 2 decimals"],
  },
  {
    name: "a price with decimals in a currency without",
    files: { "platform.yaml": PLATFORM.replace("currency: usd", "currency: jpy") },
    want: ["whole-prices platform.yaml:9:28 a price in jpy has at most 0 decimals"],
  },
  {
    name: "a limit that is neither a number nor unlimited",
    files: {
      "platform.yaml": PLATFORM.replace("workspaces: 3", "workspaces: 0").replace("seats: 4", "seats: many"),
    },
    want: [
      "value platform.yaml:8:63 `plans.team.entitlements.workspaces` is invalid",
      "value platform.yaml:8:73 `plans.team.entitlements.seats` is invalid",
    ],
  },
  {
    name: "a typing mistake inside auto-reload",
    files: acme("wallets: { data: { autoReload: { below: 5, ad: 10 } } }\n"),
    want: ["unknown-key orgs/acme.yaml:5:44 unknown key `ad` in `wallets.data.autoReload`"],
  },
  {
    name: "the wrong version and the wrong kind",
    files: {
      "orgs/acme.yaml": HEAD.replace("tenantry/v1", "tenantry/v2"),
      "orgs/beta.yaml": HEAD.replace("Organization", "Tenant"),
      "orgs/gamma.yaml": PLATFORM,
    },
    want: [
      "value orgs/acme.yaml:1:13 `apiVersion` is invalid",
      "kind orgs/beta.yaml:2:7 this isn't a manifest of kind Organization",
      "kind orgs/gamma.yaml:2:7 this isn't a manifest of kind Organization",
    ],
  },
  // YAML
  {
    name: "two documents",
    files: acme("---\napiVersion: tenantry/v1\n"),
    want: ["one-document orgs/acme.yaml:5:1 this file contains several documents"],
  },
  {
    name: "an alias bomb",
    files: acme(BOMB),
    want: ["alias-expansion orgs/acme.yaml:6:8 the aliases of this file expand too far"],
  },
  {
    name: "an anchor within itself",
    files: acme("members: &m [*m]\n"),
    want: ["value orgs/acme.yaml:5:14 `members[0]` is invalid"],
  },
  {
    name: "an alias without its anchor",
    files: acme("plan: *plan\n"),
    want: ["alias orgs/acme.yaml:5:7 no anchor for `*plan`"],
  },
  {
    name: "indentation with a tab",
    files: acme("workspaces:\n\tone: {}\n"),
    want: ["yaml-syntax orgs/acme.yaml:6:1 tabs are not allowed as indentation"],
  },
  {
    name: "an unclosed brace",
    files: acme("workspaces: { one: {}\n"),
    want: [
      "yaml-syntax orgs/acme.yaml:6:1 flow map in block collection must be sufficiently indented and end with a }",
    ],
  },
  {
    name: "a tag",
    files: acme("plan: !plan team\n"),
    want: ["yaml-syntax orgs/acme.yaml:5:7 unresolved tag: !plan"],
  },
  {
    name: "YAML 1.1, in which off and no are booleans",
    files: { "orgs/acme.yaml": `%YAML 1.1\n---\n${HEAD}` },
    want: ["yaml-version orgs/acme.yaml:1:1 manifests are YAML 1.2"],
  },
  {
    name: "thousands of nested levels",
    files: acme(`plan: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`),
    want: ["nesting orgs/acme.yaml:1:1 the file is nested too deeply"],
  },
  {
    name: "hundreds of nested levels",
    files: acme(`plan: ${"[".repeat(200)}${"]".repeat(200)}\n`),
    want: ["nesting orgs/acme.yaml:1:1 the file is nested too deeply"],
  },
  // Files
  {
    name: "an empty file, a file of comments only, and null",
    files: { "orgs/a.yaml": "", "orgs/b.yaml": "# nothing yet\n", "orgs/c.yaml": "~\n" },
    want: [
      "empty-file orgs/a.yaml:1:1 the file is empty",
      "empty-file orgs/b.yaml:1:1 the file is empty",
      "empty-file orgs/c.yaml:1:1 the file is empty",
    ],
  },
  {
    name: "a list instead of a map",
    files: { "orgs/acme.yaml": "- 1\n" },
    want: ["value orgs/acme.yaml:1:1 a manifest must be a map"],
  },
  {
    name: "a file of 10 MB",
    files: { "orgs/acme.yaml": Buffer.alloc(10_000_000, "# ten million bytes\n") },
    want: ["file-size orgs/acme.yaml:1:1 the file is too large for a manifest"],
  },
  {
    name: "bytes that aren't UTF-8, and UTF-16",
    files: {
      "orgs/acme.yaml": Buffer.concat([Buffer.from(`${HEAD}displayName: `), Buffer.from([0xff, 0xfe, 0x0a])]),
      "orgs/beta.yaml": Buffer.from(`\ufeff${HEAD}`, "utf16le"),
    },
    want: ["utf-8 orgs/acme.yaml:1:1 the file isn't UTF-8", "utf-8 orgs/beta.yaml:1:1 the file isn't UTF-8"],
  },
  {
    name: "a name that differs from the file's",
    files: { "orgs/other.yaml": HEAD },
    want: ["file-name orgs/other.yaml:3:7 the file `other.yaml` declares the organization `acme`"],
  },
  {
    name: "an organization in two files",
    files: { "orgs/acme-copy.yaml": HEAD, "orgs/acme.yaml": HEAD },
    want: ["duplicate-organization orgs/acme-copy.yaml:3:7 the organization `acme` is declared twice"],
  },
  {
    name: "an organization's file with another extension",
    files: { "orgs/acme.yml": HEAD },
    want: [
      "stray-file orgs/acme.yml:1:1 `acme.yml` is ignored: it isn't the name of an organization's manifest",
    ],
  },
  {
    name: "the organizations' folder with a capital letter",
    files: { "Orgs/acme.yaml": HEAD },
    want: [
      "stray-file Orgs:1:1 `Orgs` isn't read: it is neither a platform's manifest nor the folder of its organizations",
    ],
  },
  {
    name: "an organization's file beside platform.yaml",
    files: { "acme.yaml": HEAD },
    want: [
      "stray-file acme.yaml:1:1 `acme.yaml` isn't read: it is neither a platform's manifest nor the folder of its organizations",
    ],
  },
  {
    name: "notes beside platform.yaml",
    files: { "README.md": "notes", "owners.txt": "ada", ".keep": "", "platform.yaml~": "old" },
    want: [],
  },
  {
    name: "an organization called platform",
    files: { "orgs/platform.yaml": HEAD.replace("name: acme", "name: platform") },
    want: [
      "reserved-name orgs/platform.yaml:3:7 an organization can't be named `platform`: that is the name of the platform's own stack",
    ],
  },
];

test.each(CASES)("$name", async ({ files, want }) => {
  const folder = folderOf({ "platform.yaml": PLATFORM, ...files });
  expect(await diagnosticsOf(folder)).toEqual(want);
});

test("a missing folder, an empty one, and one without a platform", async () => {
  const empty = folderOf({});
  expect(await diagnosticsOf(join(empty, "nowhere"))).toEqual([
    expect.stringMatching(/^no-folder .* there is no folder/),
  ]);
  expect(await diagnosticsOf(empty)).toEqual([
    "missing-file platform.yaml:1:1 the platform's manifest is missing",
  ]);
  const without = folderOf({ "orgs/acme.yaml": `${HEAD}pln: team\n` });
  expect(await diagnosticsOf(without)).toEqual([
    "missing-file platform.yaml:1:1 the platform's manifest is missing",
    "unknown-key orgs/acme.yaml:5:1 unknown key `pln`",
  ]);
});

test("links, and paths that aren't files", async () => {
  const elsewhere = folderOf({ "secret.yaml": "hidden: words\n" });
  const folder = folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": HEAD });
  symlinkSync("loop.yaml", join(folder, "orgs/loop.yaml"));
  symlinkSync("gone.yaml", join(folder, "orgs/lost.yaml"));
  symlinkSync(join(elsewhere, "secret.yaml"), join(folder, "orgs/out.yaml"));
  mkdirSync(join(folder, "orgs/folder.yaml"));
  execFileSync("mkfifo", [join(folder, "orgs/pipe.yaml")]);
  expect(await diagnosticsOf(folder)).toEqual([
    "regular-file orgs/folder.yaml:1:1 `folder.yaml` isn't a file",
    "unreadable-file orgs/loop.yaml:1:1 the file is a link that leads back to itself",
    `missing-file orgs/lost.yaml:1:1 there is no file ${join(folder, "orgs/lost.yaml")}`,
    "regular-file orgs/out.yaml:1:1 the file is a link that leads out of its platform's folder",
    "regular-file orgs/pipe.yaml:1:1 `pipe.yaml` isn't a file",
  ]);
});

test("a platform's folder that is itself a link is read", async () => {
  const folder = folderOf({ "real/platform.yaml": PLATFORM, "real/orgs/acme.yaml": HEAD });
  symlinkSync("real", join(folder, "linked"));
  expect(await diagnosticsOf(join(folder, "linked"))).toEqual([]);
});

test("checking tens of thousands of keys doesn't take quadratic time", async () => {
  const lines = Array.from({ length: 30_000 }, (_, index) => `k${index}: 1\n`).join("");
  const folder = folderOf({ "platform.yaml": PLATFORM, "orgs/acme.yaml": `${HEAD}${lines}k7: 2\n` });
  const started = process.cpuUsage();
  const diagnostics = await diagnosticsOf(folder);
  const used = process.cpuUsage(started);
  expect(diagnostics).toContain("duplicate-key orgs/acme.yaml:30005:1 duplicate key `k7`");
  expect(diagnostics).toContain(
    "more-problems orgs/acme.yaml:1:1 there are 29901 more problems in this file",
  );
  expect(diagnostics).toHaveLength(101);
  expect(used.user + used.system).toBeLessThan(15_000_000);
});

test("text that looks like a secret is never shown", async () => {
  const key = "sk-ant-api03-planted-planted-planted";
  const folder = folderOf({
    "platform.yaml": PLATFORM,
    "orgs/acme.yaml": `${HEAD}llmProvider: { kind: anthropic, apiKey: ${key} }\n`,
    "orgs/beta.yaml": `${HEAD.replace("acme", "beta")}llmProvider: { kind: anthropic, password: planted-by-hand }\n`,
    "orgs/gamma.yaml": `${HEAD.replace("acme", "gamma")}${key}: 1\nplan: ${key}\n`,
    "orgs/epsilon.yaml": `${HEAD.replace("acme", "epsilon")}plan: ${key}\n`,
    "orgs/delta.yaml": `${HEAD.replace("acme", "delta")}workspaces: { one: { connections: { db: planted-by-hand } } }\n`,
  });
  const { diagnostics } = await loadPlatform(folder, TODAY);
  const shown = diagnostics.map(renderDiagnostic).join("\n") + JSON.stringify(diagnostics);
  expect(diagnostics).toHaveLength(5);
  expect(shown).not.toContain("planted");
  expect(shown).toContain("`{ secret: <name> }`");
});

test("a problem shows its line, what was expected and found, and the fix", async () => {
  const folder = folderOf({
    "platform.yaml": PLATFORM,
    "orgs/acme.yaml": `${HEAD}workspaces:\n  production: { compte: small }\n`,
  });
  const [diagnostic] = (await loadPlatform(folder, TODAY)).diagnostics;
  expect(diagnostic && renderDiagnostic(diagnostic).replace(`${folder}/`, "")).toMatchInlineSnapshot(`
    "error[unknown-key]: unknown key \`compte\` in \`workspaces.production\`
     --> orgs/acme.yaml:6:17
      |
    6 |   production: { compte: small }
      |                 ^^^^^^
      = expected one of displayName, generation, previously, state, keepUntil, region, compute, apiKeys, connections, apps, email, slack, cron, expires
      = found \`compte\`
      = did you mean \`compute\`?"
  `);
});

test("escape sequences in a file never reach the terminal", async () => {
  const folder = folderOf({
    "platform.yaml": PLATFORM,
    "orgs/acme.yaml": `${HEAD}"\\e[2Jpl\u202ean": 1\nplan: "\u001b[31mred"\n`,
  });
  const { diagnostics } = await loadPlatform(folder, TODAY);
  const text = diagnostics.map(renderDiagnostic).join("\n");
  expect(diagnostics.length).toBeGreaterThan(0);
  expect([...text].filter((character) => /\p{Cc}|\u202e/u.test(character) && character !== "\n")).toEqual([]);
});

async function diagnosticsOf(folder: string): Promise<string[]> {
  const { model, diagnostics } = await loadPlatform(folder, TODAY);
  expect(model === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
  for (const diagnostic of diagnostics) {
    expect(diagnostic.remedy ?? diagnostic.expected, diagnostic.message).toBeTruthy();
    expect(renderDiagnostic(diagnostic)).toContain(
      `${diagnostic.place.file}:${diagnostic.place.line}:${diagnostic.place.column}`,
    );
  }
  return diagnostics.map(
    ({ rule, place, message }) =>
      `${rule} ${place.file.replace(`${folder}/`, "")}:${place.line}:${place.column} ${message}`,
  );
}
