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

/** The SDK's own protobuf library keeps maps in plain objects, so no program or provider can send the key left out. */
const keys = fc.string().filter((key) => key !== "__proto__");

/** Any property value, secrets at any depth. */
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

test("values go over the wire and come back as they were", () => {
  fc.assert(
    fc.property(values, (sent) => {
      expect(fromStruct(toStruct(sent))).toEqual(sent);
    }),
  );
});

test("a state is read as it was written, and no secret is in the file in clear", async () => {
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

test("a secret inside of a secret is read as the Pulumi CLI writes it", async () => {
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

test("a secret that did not change keeps its ciphertext, and equal secrets elsewhere have another", async () => {
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

test("blinded values show no secret, and opened ones hold none", () => {
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

test("outputs become secret by name, and where the input of that name is one", () => {
  expect(markSecrets({ token: "t", password: "p", size: 1 }, { password: secretOf("p") }, ["token"])).toEqual(
    { token: secretOf("t"), password: secretOf("p"), size: 1 },
  );
});

test("a provider that takes no secrets gives them back without their mark, which is put back on by name", () => {
  expect(
    annotateSecrets(
      { password: "p", nested: { key: "k" }, other: 1 },
      { password: secretOf("p"), nested: { key: secretOf("k") } },
    ),
  ).toEqual({ password: secretOf("p"), nested: { key: secretOf("k") }, other: 1 });
});
