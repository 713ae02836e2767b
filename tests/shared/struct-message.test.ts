import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { fieldsOf, parserWithStructs, type StructFields, structOf } from "@tenantry/core/struct-message";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test } from "vitest";

/** Excludes a key that the generated class can't represent, and lone surrogates, which no encoding has. */
const text = fc.string({ unit: "binary", maxLength: 40 });
const key = text.filter((each) => each !== "__proto__");
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, fc.boolean(), fc.double({ noNaN: true }), fc.integer(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));
const fields = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<StructFields>;

const parse = parserWithStructs((bytes) => messages.CheckRequest.deserializeBinary(bytes), {
  2: (message, olds) => message.setOlds(olds),
  3: (message, news) => message.setNews(news),
});

function requestWith(olds: struct.Struct, news: struct.Struct): Buffer {
  const message = new messages.CheckRequest();
  message.setUrn("urn:pulumi:shop.acme::tenants::thing::name");
  message.setOlds(olds);
  message.setNews(news);
  message.setType("thing");
  return Buffer.from(message.serializeBinary());
}

function generated(values: StructFields): struct.Struct {
  return struct.Struct.fromJavaScript(values as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

test("values have the bytes that the generated class writes", () => {
  fc.assert(
    fc.property(fields, fields, (olds, news) => {
      const written = requestWith(structOf(olds), structOf(news));
      expect(written.equals(requestWith(generated(olds), generated(news)))).toBe(true);
    }),
  );
});

test("received values are those of the generated class, and the other fields of the message are kept", () => {
  fc.assert(
    fc.property(fields, fields, (olds, news) => {
      const bytes = requestWith(generated(olds), generated(news));
      const [received, expected] = [parse(bytes), messages.CheckRequest.deserializeBinary(bytes)];
      expect(received.getUrn()).toBe(expected.getUrn());
      expect(received.getType()).toBe("thing");
      for (const [ours, theirs] of [
        [received.getOlds(), expected.getOlds()],
        [received.getNews(), expected.getNews()],
      ]) {
        if (ours === undefined || theirs === undefined) throw new Error("a field is missing");
        expect(fieldsOf(ours)).toEqual(theirs.toJavaScript());
        expect(Object.keys(fieldsOf(ours))).toEqual(Object.keys(theirs.toJavaScript()));
        expect(ours.getFieldsMap().getLength()).toBe(theirs.getFieldsMap().getLength());
      }
    }),
  );
});

test("a received message can be sent again", () => {
  const bytes = requestWith(structOf({ a: [1, { b: "é😀" }] }), structOf({}));
  expect(Buffer.from(parse(bytes).serializeBinary()).equals(bytes)).toBe(true);
});

test("a message larger than its first buffer is whole", () => {
  const people = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`person-${index}@acme.example`, { role: "member" }]),
  );
  const received = parse(requestWith(structOf({ people }), structOf({ text: "x".repeat(100_000) })));
  const [olds, news] = [received.getOlds(), received.getNews()];
  expect(olds && fieldsOf(olds)).toEqual({ people });
  expect(news && fieldsOf(news)).toEqual({ text: "x".repeat(100_000) });
});

test.each([
  [
    "keys in any order, as engines in Go send them",
    "0a05 0a0162 1200 0a05 0a0161 1200",
    { a: null, b: null },
  ],
  ["an entry without a key", "0a04 1202 2001", { "": true }],
  ["fields that a later version added", "1003 0a09 0a0161 1204 1a0178 3800 15 01020304", { a: "x" }],
])("%s are read", (_, hex, expected) => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const request = Buffer.concat([Buffer.from([0x12, bytes.length]), bytes]);
  const olds = parse(request).getOlds();
  expect(olds && fieldsOf(olds)).toEqual(expected);
  expect(Object.keys((olds && fieldsOf(olds)) ?? {})).toEqual(Object.keys(expected));
});

test.each([
  [
    "a value that no message can have",
    () => requestWith(structOf({ a: undefined } as never), structOf({})),
    /undefined/,
  ],
  ["a message that is cut off", () => parse(Buffer.from([0x12, 9, 0x0a])), /cut off/],
])("%s is refused", (_, work, message) => {
  expect(work).toThrow(message);
});
