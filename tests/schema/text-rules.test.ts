import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import * as fields from "../../src/manifest/fields.ts";
import { scheduleError } from "../../src/model/schedule.ts";
import { followsRule, TEXT_RULES, type TextRule } from "../../src/shared/text-rules.ts";
import { type Database, type Kind, startDatabase } from "../databases/database.ts";
import { checkOf } from "./text-checks.ts";

const KINDS = ["control-plane", "workspace"] as const;
const databases = new Map<Kind, Database>();
const clients = new Map<Kind, pg.Client>();
beforeAll(async () => {
  for (const kind of KINDS) {
    const database = await startDatabase(kind);
    databases.set(kind, database);
    clients.set(kind, await database.connect());
  }
});
afterAll(async () => {
  for (const database of databases.values()) await database.stop();
});

async function rowsOf<Row extends pg.QueryResultRow>(
  kind: Kind,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const { rows = [] } = (await clients.get(kind)?.query<Row>(sql, values)) ?? {};
  return rows;
}

/** What SQL says of each text; texts that PostgreSQL can't hold are none of its types. */
async function verdicts(
  kind: Kind,
  call: string,
  texts: readonly string[],
): Promise<Record<string, boolean>> {
  const rows = await rowsOf<{ value: string; verdict: boolean }>(
    kind,
    `select value, ${call} as verdict from unnest($1::text[]) as value`,
    [texts],
  );
  return Object.fromEntries(rows.map(({ value, verdict }) => [value, verdict]));
}

const storable = (text: string) => !/[\p{Cs}\0]/u.test(text);

/** Each edge of a range that a rule names, and its neighbours: where two definitions would differ first. */
const edges = [
  ...new Set(
    TEXT_RULES.flatMap(({ pattern }) => [...pattern.matchAll(/\\u\{?([0-9a-f]{4,6})\}?/g)]).flatMap(
      ([, digits]) => [-1, 0, 1].map((by) => Number.parseInt(digits ?? "", 16) + by),
    ),
  ),
].filter((codePoint) => codePoint >= 0 && codePoint <= 0x10ffff);

const nasty = fc.oneof(
  fc.constantFrom(...edges).map((codePoint) => String.fromCodePoint(codePoint)),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  fc.constantFrom(
    "a",
    "b-",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "ſ",
    "K",
    "漢",
    "👩‍👩‍👧",
    "𝔞",
    " ",
    "/",
    "..",
    "@",
    "'",
    "\n",
  ),
);

const VALID = [
  "acme",
  "a-1",
  "Acme Robotics",
  "ada@acme.example",
  "a&b@x.example",
  "a/b@x.example",
  "a%b@x.example",
  "x@x.xn--p1ai",
  "store.acme.example",
  "0 3 * * *",
  "5,35 0 1,15 jan,JUL *",
  "reports/2026.csv",
  ".hidden",
  "a/.b/..c",
  "",
];

/** Nearly valid: one text of `VALID` in which something is put, taken out or repeated. */
const nearly = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.nat(40),
    fc.nat(3),
    fc.oneof(nasty, fc.constant("")),
    fc.integer({ min: 1, max: 4 }),
  )
  .map(
    ([text, at, removed, added, times]) => text.slice(0, at) + added.repeat(times) + text.slice(at + removed),
  );

/** As long as a rule allows, give or take one. */
const long = fc
  .tuple(
    fc.constantFrom(...TEXT_RULES),
    fc.constantFrom("a", "漢", "👍", "1,", "a-", "a."),
    fc.integer({ min: -1, max: 1 }),
  )
  .map(([{ max }, unit, by]) => [...unit.repeat(max + 1)].slice(0, max + by).join(""));

const anything = fc.oneof(
  { weight: 6, arbitrary: nearly },
  { weight: 3, arbitrary: fc.array(nasty, { maxLength: 12 }).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: long },
);

const samples = () => [...new Set([...VALID, ...fc.sample(anything, { numRuns: 3000 })])];

/** The manifest's schema of what a rule says. */
const MANIFEST: Record<string, z.ZodType> = {
  slug: fields.slug,
  display_name: fields.displayName,
  line: fields.line,
  email: fields.email,
};

/** Which database has which rule. */
const PLACES = TEXT_RULES.flatMap((rule) => placesOf(rule).map((kind) => ({ rule, kind, name: rule.name })));

function placesOf({ name }: TextRule): Kind[] {
  if (name === "key") return ["control-plane", "workspace"];
  return [["file_path", "title"].includes(name) ? "workspace" : "control-plane"];
}

describe.each(PLACES)("$name in $kind", ({ rule, kind }) => {
  it("has the pattern and the length of the rule", async () => {
    const rows = await rowsOf(kind, "select prosrc from pg_proc where oid = to_regproc($1)", [
      `private.is_${rule.name}`,
    ]);
    expect(rows).toEqual([{ prosrc: ` ${checkOf(rule)} ` }]);
  });

  it("has the words of the rule", async () => {
    const source = kind === "workspace" ? "refuse_text" : "expected_text";
    const [row] = await rowsOf<{ prosrc: string }>(kind, "select prosrc from pg_proc where proname = $1", [
      source,
    ]);
    expect(row?.prosrc).toContain(`when '${rule.name}' then '${rule.expected}'`);
  });

  it("says the same of any text", async () => {
    const texts = samples();
    const found = await verdicts(kind, `private.is_${rule.name}(value)`, texts.filter(storable));
    const schema = MANIFEST[rule.name] ?? z.string().refine((text) => followsRule(rule, text));
    const wanted = Object.fromEntries(
      texts.filter(storable).map((text) => [text, schema.safeParse(text).success]),
    );
    expect(found).toEqual(wanted);
    expect(new Set(Object.values(found)).size).toBe(2);
    for (const text of texts)
      if (!storable(text)) expect(schema.safeParse(text).success, JSON.stringify(text)).toBe(false);
  });

  it("takes a text of a million characters in no time", async () => {
    for (const text of [
      "a".repeat(1e6),
      `${" ".repeat(1e6)}\u0001`,
      "*,".repeat(500_000),
      "a.".repeat(500_000),
    ]) {
      expect(followsRule(rule, text)).toBe(false);
      expect(await verdicts(kind, `private.is_${rule.name}(value)`, [text])).toEqual({ [text]: false });
    }
  });
});

/** Fields of cron: sound ones, those that one of two definitions may forget, and any order of their parts. */
const number = fc.oneof(fc.integer({ min: 0, max: 61 }).map(String), fc.constantFrom("00", "07", "7", "0"));
const named = fc.constantFrom("jan", "FEB", "Dec", "sun", "mon", "SAT", "fri");
const bound = fc.oneof({ weight: 4, arbitrary: number }, { weight: 1, arbitrary: named });
const range = fc.tuple(bound, bound).map((both) => both.join("-"));
const step = fc.constantFrom(
  "/1",
  "/2",
  "/7",
  "/8",
  "/12",
  "/13",
  "/24",
  "/25",
  "/31",
  "/60",
  "/61",
  "/0",
  "/05",
);
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constant("*") },
  bound,
  range,
  fc.tuple(fc.oneof(fc.constant("*"), range, bound), step).map((both) => both.join("")),
  fc
    .array(fc.constantFrom("*", "1", "31", "-", ",", "/", "sun", "L", "?", "#", "W", "+"), { maxLength: 4 })
    .map((parts) => parts.join("")),
);
const cronField = fc.oneof(
  { weight: 4, arbitrary: part },
  fc.array(part, { minLength: 2, maxLength: 3 }).map((parts) => parts.join(",")),
);
const cron = fc.oneof(
  { weight: 3, arbitrary: fc.array(cronField, { minLength: 5, maxLength: 5 }).map((all) => all.join(" ")) },
  fc
    .tuple(
      fc.constantFrom("29", "30", "31", "30-31", "*/31", "*"),
      fc.constantFrom("2", "feb", "2,4", "apr-jun", "*/1", "FEB-2"),
      cronField,
    )
    .map(([day, month, weekday]) => `0 0 ${day} ${month} ${weekday}`),
  fc
    .tuple(cronField, fc.constantFrom(" ", "  ", "\t", "\u00a0", "\n"))
    .map(([each, gap]) => Array(5).fill(each).join(gap)),
  fc.constantFrom(
    "@daily",
    " 0 3 * * *",
    "0 3 * * * ",
    "0 0 0 3 * * *",
    `${"1,".repeat(126)}1 * * * *`,
    "0 0 * * fri-sun",
    "0 0 * * sun-sun",
  ),
);

describe("a schedule", () => {
  it("is one in the product where it is one in a manifest", async () => {
    const schedules = fc.sample(cron, { numRuns: 4000 });
    const found = await verdicts(
      "control-plane",
      "private.is_schedule(value) and private.comes_round(value)",
      schedules,
    );
    const sound = (text: string) =>
      fields.schedule.safeParse(text).success && scheduleError(text) === undefined;
    expect(found).toEqual(Object.fromEntries(schedules.map((text) => [text, sound(text)])));
    expect(Object.values(found).filter(Boolean).length).toBeGreaterThan(200);
  });

  it.each(["*,".repeat(16_000), `0 0 * * ${"sun,".repeat(16_000)}sun`, `${"0-59,".repeat(20_000)}1 * * * *`])(
    "that is too long is refused at once",
    async (text) => {
      expect(scheduleError(text)).toBeDefined();
      expect(await verdicts("control-plane", "private.is_schedule(value)", [text])).toEqual({
        [text]: false,
      });
    },
  );
});
