import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddedEngine } from "../src/engine.ts";
import { readProject } from "../src/project.ts";
import { type Crypter, openSalt } from "../src/secrets.ts";
import { stackConfig } from "../src/stack-config.ts";
import { StackSettings, sharedSalt } from "../src/stack-settings.ts";
import { PASSPHRASE } from "./project.ts";

/** Pulumi's files are read by allow-list, so that no setting is ignored silently. */
const SALT = "v1:r/j/enGUlcw=:v1:TIHoQDUvyI9wdHA8:NJPO3+PyerSPZ9zR1kYSV3KfYQyRUQ==";

let folder: string;
let crypter: Crypter;
let number = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "files-"));
  crypter = await openSalt(SALT, new Secret(PASSPHRASE));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the files into a new folder, because projects are cached by folder. */
function write(project: string, settings?: string): string {
  const root = join(folder, String(++number));
  mkdirSync(root);
  writeFileSync(join(root, "Pulumi.yaml"), project);
  if (settings !== undefined) writeFileSync(join(root, "Pulumi.dev.yaml"), settings);
  return root;
}

const PROJECT = "name: trial\nruntime: nodejs\n";

async function configOf(declared: string, settings: string): Promise<Readonly<Record<string, string>>> {
  const root = write(`${PROJECT}${declared}`, settings);
  const project = await readProject(root);
  const config = stackConfig(project, "dev", await StackSettings.read(root, "dev"), crypter, true);
  return Object.fromEntries(
    [...config].map(([key, { value, secret }]) => [key, secret ? `secret ${value}` : value]),
  );
}

describe("Pulumi.yaml", () => {
  test.each<[string, string, number, RegExp]>([
    ["an option of the engine", "options: { refresh: always }\n", 3, /`options`: .*doesn't support/],
    ["packages", "packages:\n  random: random@4\n", 3, /`packages`/],
    ["a misspelled key", "desription: x\n", 3, /`desription`/],
    ["a language plugin", "plugins:\n  languages: []\n", 4, /`plugins.languages`/],
    [
      "a key of a provider",
      "plugins:\n  providers:\n    - name: a\n      path: b\n      checksum: c\n",
      7,
      /`plugins.providers.0.checksum`/,
    ],
    ["a folder as configuration", "config: settings\n", 3, /`config`/],
    ["a wrong type", "main: 3\n", 3, /`main`/],
    ["an unknown type", "config:\n  size:\n    type: number\n", 5, /`config.size.type`/],
    ["an array without items", "config:\n  sizes:\n    type: array\n", 4, /`config.sizes`: .*items/],
    ["a default of another type", "config:\n  size:\n    type: integer\n    default: big\n", 4, /integer/],
    [
      "a default and a value",
      "config:\n  size:\n    default: 1\n    value: 2\n",
      4,
      /`default` and a `value`/,
    ],
    ["a type of another namespace", "config:\n  aws:region:\n    type: string\n", 4, /`type`/],
    ["a default of another namespace", "config:\n  aws:region:\n    default: x\n", 4, /`value` instead/],
    ["a key that is no key", "config:\n  a:b:c: x\n", 4, /<namespace>:<name>/],
    ["a path as a key", "config:\n  data.name: x\n", 4, /paths/],
  ])("refuses %s with its line", async (_, text, line, message) => {
    const root = write(`${PROJECT}${text}`);
    await expect(readProject(root)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
      place: { file: join(root, "Pulumi.yaml"), line },
      remedy: expect.stringContaining("--engine cli"),
    });
  });

  test("accepts what describes it or concerns only other commands", async () => {
    const text = `description: x
author: x
website: x
license: x
template: { description: x }
backend: { url: "file://~" }
runtime: { name: nodejs, options: { packagemanager: npm, typescript: false } }
name: trial
`;
    expect(await readProject(write(text))).toMatchObject({ name: "trial", typescript: false });
  });
});

describe("Pulumi.<stack>.yaml", () => {
  test.each<[string, string, number, RegExp]>([
    ["an environment", "environment: [prod]\n", 1, /`environment`/],
    ["a key in a cloud", "encryptedkey: abc\n", 1, /`encryptedkey`/],
    ["another secrets provider", "secretsprovider: awskms://alias/x\n", 1, /`secretsprovider`/],
    ["a misspelled key", "confg: {}\n", 1, /`confg`/],
    ["a list as configuration", "config: [a]\n", 1, /`config`/],
    ["a key that is no key", "config:\n  a:b:c: x\n", 2, /<namespace>:<name>/],
    ["a date", "config:\n  on: 2026-01-02\n", 2, /2026-01-02/],
    ["a moment", "config:\n  at: 2026-01-02 03:04:05\n", 2, /2026-01-02/],
    ["a hexadecimal number", "config:\n  mode: 0xff\n", 2, /0xff/],
    ["an octal number", "config:\n  mode: 0644\n", 2, /0644/],
    ["digits in groups", "config:\n  list:\n    - 1_000\n", 3, /1_000/],
  ])("refuses %s with its line", async (_, text, line, message) => {
    await expect(configOf("", text)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
      place: { line, file: expect.stringContaining("Pulumi.dev.yaml") },
    });
  });

  test("passes on every value as Pulumi does", async () => {
    const settings = `encryptionsalt: ${SALT}
secretsprovider: passphrase
config:
  plain: text
  trial:config:old: form
  trial:number: 9007199254740993
  trial:ratio: 1.5
  trial:yes: true
  trial:empty:
  trial:quoted: "0644"
  trial:id: 01234567-89ab-cdef-0123-456789abcdef
  trial:commit: 00ab12f
  trial:proxy: 0x-proxy
  trial:size: 1_small
  trial:build: 2024-01-15 nightly
  trial:token:
    secure: ${crypter.encrypt("hidden")}
  other:object:
    b: [1, "<&>"]
    a:
      secure: ${crypter.encrypt("inside")}
`;
    expect(await configOf("", settings)).toEqual({
      "trial:plain": "text",
      "trial:old": "form",
      "trial:number": "9007199254740993",
      "trial:ratio": "1.5",
      "trial:yes": "true",
      "trial:empty": "",
      "trial:quoted": "0644",
      "trial:id": "01234567-89ab-cdef-0123-456789abcdef",
      "trial:commit": "00ab12f",
      "trial:proxy": "0x-proxy",
      "trial:size": "1_small",
      "trial:build": "2024-01-15 nightly",
      "trial:token": "secret hidden",
      "other:object": 'secret {"a":"inside","b":[1,"\\u003c\\u0026\\u003e"]}',
    });
  });
});

test("a broken file of another stack doesn't stop a new stack", async () => {
  const root = write(PROJECT, "config: [");
  writeFileSync(join(root, "Pulumi.other.yaml"), `encryptionsalt: ${SALT}\n`);
  expect((await sharedSalt(root, new Secret(PASSPHRASE))).salt).toBe(SALT);
  await expect(StackSettings.read(root, "dev")).rejects.toMatchObject({ place: { line: 1 } });
});

describe("a declared configuration", () => {
  const declared = (text: string) => `config:\n  size: { ${text} }\n`;

  test.each<[string, string, string, string]>([
    ["an integer", "type: integer", "size: 5", "5"],
    ["the text of an integer", "type: integer", 'trial:size: "5"', "5"],
    ["a boolean", "type: boolean", "size: false", "false"],
    ["a number as a string", "type: string", "size: 5", "5"],
    ["a list", "type: array, items: { type: integer }", "size: [1, 2]", "[1,2]"],
    [
      "a list of lists",
      "type: array, items: { type: array, items: { type: string } }",
      "size: [[a]]",
      '[["a"]]',
    ],
    ["a map", "type: object", "size: { a: 1 }", '{"a":1}'],
    ["a default", "type: integer, default: 3", "", "3"],
    ["a value without a type", "value: 3", "", "3"],
    ["a value instead of the default", "default: 3", "size: x", "x"],
  ])("accepts %s", async (_, declaration, setting, value) => {
    const settings = setting === "" ? "" : `config:\n  ${setting}\n`;
    expect(await configOf(declared(declaration), settings)).toEqual({ "trial:size": value });
  });

  test.each<[string, string, string, RegExp]>([
    ["a word as an integer", "type: integer", "abc", /type integer/],
    ["a fraction as an integer", "type: integer", "1.5", /type integer/],
    ["a word as a boolean", "type: boolean", "maybe", /type boolean/],
    ["a word as a list", "type: array, items: { type: integer }", "abc", /type array<integer>/],
    ["a list with a word", "type: array, items: { type: integer }", "[1, x]", /type array<integer>/],
    ["a list as a map", "type: object", "[1]", /type object/],
    ["a plain secret", "type: string, secret: true", "planted", /must be encrypted/],
    ["a plain secret without a type", "secret: true", "planted", /must be encrypted/],
  ])("refuses %s with its line, and doesn't quote it", async (_, declaration, value, message) => {
    const failure = await configOf(declared(declaration), `config:\n  trial:size: ${value}\n`).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      name: "UserError",
      message: expect.stringMatching(message),
      place: { line: 2 },
      remedy: expect.stringContaining("pulumi config set"),
    });
    expect(String(failure)).not.toContain("planted");
  });

  test("accepts an encrypted secret of its type", async () => {
    const settings = `encryptionsalt: ${SALT}\nconfig:\n  size:\n    secure: ${crypter.encrypt("5")}\n`;
    expect(await configOf(declared("type: integer, secret: true"), settings)).toEqual({
      "trial:size": "secret 5",
    });
  });

  test("refuses a missing value, and a default of a secret", async () => {
    await expect(configOf(declared("type: integer"), "")).rejects.toThrow(/no value for `trial:size`/);
    await expect(configOf(declared("secret: true, default: x"), "")).rejects.toThrow(/can't be a default/);
  });

  test("needs no valid values to destroy a stack", async () => {
    const root = write(`${PROJECT}${declared("type: integer")}`, "config:\n  size: abc\n");
    const spec = {
      ...{ projectFolder: root, stack: "dev", backendUrl: `file://${root}/backend`, env: {} },
      passphrase: new Secret(PASSPHRASE),
    };
    await expect(embeddedEngine().destroy(spec)).rejects.toThrow(/There is no stack dev/);
    await expect(embeddedEngine().preview(spec)).rejects.toThrow(/type integer/);
  });
});
