import { printable, printableColored, printableJson, printableLines } from "@tenantry/core/printable";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DISPLAY_NAME, followsRule } from "../../src/shared/text-rules.ts";

// What moves the cursor, reverses text, hides, or breaks a line; checked by code points, apart from the expressions under test.
const DANGEROUS = [
  ...Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  ...[0xad, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[
    0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0x3164, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xe000, 0x10ffff,
    0xffff,
  ],
];
const dangerous = fc.constantFrom(...DANGEROUS).map((code) => String.fromCodePoint(code));
const text = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), dangerous, fc.constant("\ud800")))
  .map((all) => all.join(""));

const dangerousIn = (shown: string) =>
  [...shown].filter(
    (character) => DANGEROUS.includes(character.codePointAt(0) ?? 0) || /\p{Cs}/u.test(character),
  );

describe("what is shown", () => {
  it("holds no character that a terminal obeys or nobody sees", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(dangerousIn(printable(value))).toEqual([]);
      }),
    );
  });

  it("says which character was there", () => {
    expect(printable("a\u001b[2Jb\u202ec\u2028d\ud800e\u{e0041}\n")).toBe(
      "a\\x1b[2Jb\\u{202e}c\\u{2028}d\\u{d800}e\\u{e0041}\\x0a",
    );
  });

  it.each([
    "Ünïcödé & Söhne",
    "نرم\u200cافزار",
    "👩\u200d👩\u200d👧 ❤\ufe0f",
    "辻\u{e0100}",
    "株式会社\u3000",
    "a\tb",
  ])("leaves %s as it is", (name) => {
    expect(printable(name)).toBe(name);
  });

  it("leaves every name as it is that the rules allow and that is assigned", () => {
    const allowed = fc
      .string({ unit: "binary" })
      .filter((name) => followsRule(DISPLAY_NAME, name) && !/\p{Cn}|\p{Cf}/u.test(name));
    fc.assert(
      fc.property(allowed, (name) => {
        expect(printable(name)).toBe(name);
      }),
    );
  });

  it("keeps lines where there may be several, and colors, but no other sequence", () => {
    expect(printableLines("a\r\nb\u0007")).toBe("a\nb\\x07");
    expect(printableColored("\u001b[31mred\u001b[39m\n\u001b[2J\u202e")).toBe(
      "\u001b[31mred\u001b[39m\n\\x1b[2J\\u{202e}",
    );
  });

  it("is the same JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(text, text, { noNullPrototype: true }), (value) => {
        const json = printableJson(JSON.stringify(value, null, 2));
        expect(JSON.parse(json)).toEqual(value);
        expect(dangerousIn(json.replaceAll("\n", ""))).toEqual([]);
      }),
    );
  });
});
