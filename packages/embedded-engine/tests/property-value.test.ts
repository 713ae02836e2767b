import { Secret } from "@tenantry/core/secret";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../src/checkpoint.ts";
import {
  annotateSecrets,
  blinded,
  containsUnknowns,
  fromStruct,
  markSecrets,
  type PropertyMap,
  type PropertyValue,
  secretOf,
  toStruct,
  UNKNOWN,
  withoutSecrets,
} from "../src/property-value.ts";
import type { ResourceState } from "../src/resource-state.ts";
import { newSalt } from "../src/secrets.ts";
import { emptyState } from "./states.ts";

/** Excludes a key that the SDK's protobuf library can't represent, so that no program or provider can send it. */
const keys = fc.string().filter((key) => key !== "__proto__");

/** Any property value, with secrets at any depth. */
const { value } = fc.letrec<{ value: PropertyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
    tie("value").map(secretOf),
  ),
}));
const values = fc.dictionary(keys, value, { maxKeys: 5 }) as fc.Arbitrary<PropertyMap>;

test("values are unchanged after serialization and parsing", () => {
  fc.assert(
    fc.property(values, (sent) => {
      expect(fromStruct(toStruct(sent))).toEqual(sent);
    }),
  );
});

test("a pass that replaces nothing copies nothing", () => {
  fc.assert(
    fc.property(values, (sent) => {
      const plain = withoutSecrets(sent);
      expect(withoutSecrets(plain)).toBe(plain);
      expect(blinded(plain)).toBe(plain);
    }),
  );
});

test("a replaced value leaves its neighbours as they are", () => {
  const people = { ada: { role: "owner" } };
  const masked = blinded({ people, list: [[secretOf("x")], people] });
  expect(masked).toEqual({ people, list: [["[secret]"], people] });
  expect(masked.people).toBe(people);
});

test("a state is unchanged after writing and reading, and the file contains no secret in plain text", async () => {
  const crypter = await newSalt(new Secret("passphrase"));
  fc.assert(
    fc.property(values, (inputs) => {
      const planted = "planted-secret-4711";
      const state: ResourceState = {
        ...emptyState("urn:pulumi:dev::trial::test:index:Thing::a"),
        inputs: { ...inputs, planted: secretOf({ deep: [planted] }) },
      };
      const file = writeCheckpoint(
        "organization/trial/dev",
        { resources: [state], pendingOperations: [{ resource: state, type: "creating" }] },
        crypter,
        new Map(),
        new Date(),
      );
      const text = JSON.stringify(file);
      expect(text).not.toContain(planted);
      const read = readCheckpoint(JSON.parse(text), crypter, new Map());
      expect(read.resources).toEqual([state]);
      expect(read.pendingOperations).toEqual([{ resource: state, type: "creating" }]);
    }),
  );
});

test("a secret inside a secret, as the Pulumi CLI writes it, is read", async () => {
  const crypter = await newSalt(new Secret("passphrase"));
  const nested = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: '"inner"',
  };
  const outer = { ...nested, ciphertext: crypter.encrypt(JSON.stringify({ key: nested })) };
  const resource = {
    urn: "urn:pulumi:dev::trial::test:index:Thing::a",
    custom: true,
    type: "t",
    inputs: { outer },
  };
  const file = { version: 3, checkpoint: { stack: "s", latest: { resources: [resource] } } };
  const { resources } = readCheckpoint(file, crypter, new Map());
  expect(resources[0]?.inputs).toEqual({ outer: secretOf({ key: "inner" }) });
});

test("an unchanged secret keeps its ciphertext, and equal secrets elsewhere have a different one", async () => {
  const crypter = await newSalt(new Secret("passphrase"));
  const cache = new Map<string, string>();
  const state = {
    ...emptyState("urn:pulumi:dev::trial::test:index:Thing::a"),
    inputs: { one: secretOf("same"), two: secretOf("same") },
  };
  const write = () =>
    JSON.stringify(
      writeCheckpoint("s", { resources: [state], pendingOperations: [] }, crypter, cache, new Date(0)),
    );
  const first = write();
  expect(write()).toBe(first);
  const [one, two] = [...first.matchAll(/"ciphertext":"([^"]+)"/g)].map(([, text]) => text);
  expect(one).not.toBe(two);
});

test("masked values contain no secret, and opened ones no marks", () => {
  fc.assert(
    fc.property(values, (inputs) => {
      const planted = { ...inputs, key: { inner: secretOf("planted-secret") } };
      expect(JSON.stringify(blinded(planted))).not.toContain("planted-secret");
      expect(withoutSecrets(planted).key).toEqual({ inner: "planted-secret" });
    }),
  );
});

test("unknowns are found at any depth", () => {
  expect(containsUnknowns({ a: [{ b: secretOf(UNKNOWN) }] })).toBe(true);
  expect(containsUnknowns({ a: "04da6b54" })).toBe(false);
});

test("outputs become secret by name, or if the input of the same name is secret", () => {
  expect(markSecrets({ token: "t", password: "p", size: 1 }, { password: secretOf("p") }, ["token"])).toEqual(
    { token: secretOf("t"), password: secretOf("p"), size: 1 },
  );
});

test("marks are restored by name on values from a provider that doesn't support secrets", () => {
  expect(
    annotateSecrets(
      { password: "p", nested: { key: "k" }, other: 1 },
      { password: secretOf("p"), nested: { key: secretOf("k") } },
    ),
  ).toEqual({ password: secretOf("p"), nested: { key: secretOf("k") }, other: 1 });
});
