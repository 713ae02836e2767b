import { Secret } from "@tenantry/core/secret";
import { describe, expect, test } from "vitest";
import { RootSecrets, refuseFormerName, rootSecretsFrom, rootTexts } from "../../src/shared/root-secret.ts";

describe("the variable of the root secret", () => {
  test.each([
    ["alone", { TENANTRY_SECRET_ROOT: "r".repeat(32) }],
    [
      "beside the present one",
      { TENANTRY_SECRET_ROOT: "r".repeat(32), TENANTRY_ROOT_SECRET: "r".repeat(32) },
    ],
  ])("is refused under its former name, %s, and no message holds its value", (_, env) => {
    const refuse = () => refuseFormerName(env);
    expect(refuse).toThrow(/^TENANTRY_SECRET_ROOT is set; .*TENANTRY_ROOT_SECRET/);
    expect(refuse).not.toThrow(/rrrr/);
  });

  test.each([
    ["unset", { TENANTRY_ROOT_SECRET: "r".repeat(32) }],
    ["empty, as a CI leaves a secret that was removed", { TENANTRY_SECRET_ROOT: "" }],
  ])("may have its former name %s", (_, env) => {
    expect(() => refuseFormerName(env)).not.toThrow();
  });
});

const [NEW, OLD, OLDER] = ["n", "o", "p"].map((letter) => letter.repeat(32)) as [string, string, string];
const fingerprintOf = (text: string) => new RootSecrets(new Secret(text)).current.fingerprint;

describe("the root secrets of a run", () => {
  test("are the current one and, a line each, the previous ones", () => {
    const roots = rootSecretsFrom({
      TENANTRY_ROOT_SECRET: NEW,
      TENANTRY_ROOT_SECRET_PREVIOUS: `${OLD}\r\n\n${NEW}\n${OLDER}\n`,
    });
    expect(roots.all.map(({ secret }) => secret.reveal())).toEqual([NEW, OLD, OLDER]);
    expect(JSON.stringify(roots)).not.toMatch(/nnnn|oooo|pppp/);
  });

  test("have fingerprints that never change: states hold them", () => {
    expect(fingerprintOf(NEW)).toMatchInlineSnapshot(`"c9cfce42"`);
  });

  test.each<[string, Record<string, string>, string]>([
    ["no current one", {}, "TENANTRY_ROOT_SECRET is not set"],
    ["an empty one", { TENANTRY_ROOT_SECRET: "" }, "TENANTRY_ROOT_SECRET is not set"],
    ["a short one", { TENANTRY_ROOT_SECRET: "short-8c1f" }, "fewer than 32 characters"],
    [
      "a short previous one",
      { TENANTRY_ROOT_SECRET: NEW, TENANTRY_ROOT_SECRET_PREVIOUS: `${OLD}\nshort-8c1f` },
      "A line of TENANTRY_ROOT_SECRET_PREVIOUS has fewer than 32 characters",
    ],
    [
      "a lost one without its fingerprint",
      { TENANTRY_ROOT_SECRET: NEW, TENANTRY_ROOT_SECRET_PREVIOUS: "lost:short-8c1f" },
      "isn't lost:<fingerprint>",
    ],
  ])("are refused: %s", (_, env, message) => {
    expect(() => rootSecretsFrom(env)).toThrow(message);
    expect(() => rootSecretsFrom(env)).not.toThrow(/8c1f|oooo/);
  });

  test("are all kept out of messages, usable or not", () => {
    const env = {
      TENANTRY_ROOT_SECRET: NEW,
      TENANTRY_SECRET_ROOT: OLDER,
      TENANTRY_ROOT_SECRET_PREVIOUS: `${OLD}\nshort`,
    };
    expect(rootTexts(env).map((each) => each.reveal())).toEqual([NEW, OLDER, OLD, "short"]);
  });
});

describe("what was derived from", () => {
  const roots = new RootSecrets(new Secret(NEW), [new Secret(OLD)], ["12345678"]);

  test.each<[string, string | undefined, RootSecrets, boolean]>([
    ["the current one is up to date", fingerprintOf(NEW), roots, false],
    ["a previous one is outdated", fingerprintOf(OLD), roots, true],
    ["a lost one is outdated", "12345678", roots, true],
    ["nobody knows which may be outdated while there are previous ones", undefined, roots, true],
    [
      "nobody knows which is up to date without previous ones",
      undefined,
      new RootSecrets(new Secret(NEW)),
      false,
    ],
  ])("%s", (_, fingerprint, of, expected) => {
    expect(of.isOutdated(fingerprint)).toBe(expected);
  });

  test("one that the run doesn't know is refused: the run may be the one with the older secret", () => {
    const newer = fingerprintOf(OLDER);
    expect(() => roots.isOutdated(newer)).toThrow(`the root secret ${newer}`);
    expect(() => roots.isOutdated(newer)).not.toThrow(/nnnn|oooo/);
  });
});
