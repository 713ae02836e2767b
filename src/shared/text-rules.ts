/**
 * The rules for texts that people write. Manifests, imports and databases share them: the function `private.is_<name>` of a
 * database has the same pattern and length. A test compares the two.
 */
export interface TextRule {
  readonly name: string;
  /**
   * A regular expression for JavaScript (flag `u`) and PostgreSQL. It has no ambiguous repetition, so that matching takes
   * time in proportion to the text.
   */
  readonly pattern: string;
  /** In characters, not in UTF-16 units. */
  readonly max: number;
  /** Completes "expected …". */
  readonly expected: string;
}

/** The first and the last code point. */
type Range = readonly [number, number];

/** Characters that are refused in every text: they are invisible, change the direction of others, or have no meaning. */
const INVISIBLE: readonly Range[] = [
  [0x007f, 0x009f], // Controls
  [0x00ad, 0x00ad], // Soft hyphen
  [0x034f, 0x034f], // Combining grapheme joiner
  [0x061c, 0x061c], // Arabic letter mark
  [0x115f, 0x1160], // Fillers of Hangul
  [0x17b4, 0x17b5], // Inherent vowels of Khmer
  [0x200b, 0x200b], // Zero-width space; the joiners after it are part of Persian, of Indic scripts and of emoji
  [0x200e, 0x200f], // Direction marks
  [0x2028, 0x202e], // Line and paragraph separators, embeddings and overrides of direction
  [0x2060, 0x206f], // Word joiner, invisible operators, isolates of direction
  [0x3164, 0x3164], // Filler of Hangul
  [0xd800, 0xdfff], // Halves of characters
  [0xe000, 0xf8ff], // Private use
  [0xfdd0, 0xfdef], // No characters
  [0xfeff, 0xfeff], // Byte order mark
  [0xffa0, 0xffa0], // Filler of Hangul
  [0xfff0, 0xfffc], // Annotations, placeholder
  [0xfffe, 0xffff], // No characters
  [0x1bca0, 0x1bca3], // Controls of shorthand
  [0x1d173, 0x1d17a], // Controls of music
  [0xe0000, 0xe00ff], // Tags; the variation selectors after them are part of Japanese names
  [0xe01f0, 0x10ffff], // Unassigned without a glyph, and private use
];

/** Refused in a text of one line. */
const REFUSED: readonly Range[] = [[0x0000, 0x001f], ...INVISIBLE];

/** Characters that are allowed, but show nothing by themselves. */
const BLANK: readonly Range[] = [
  [0x0020, 0x0020],
  [0x00a0, 0x00a0],
  [0x1680, 0x1680],
  [0x180b, 0x180f], // Variation selectors of Mongolian
  [0x2000, 0x200a],
  [0x200c, 0x200d], // Joiners
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x2800, 0x2800], // Empty pattern of Braille
  [0x3000, 0x3000],
  [0xfe00, 0xfe0f], // Variation selectors
  [0xe0100, 0xe01ef],
];

const refused = rangesOf(REFUSED);
const blank = rangesOf(BLANK);

/** Blanks, a visible character, then anything. There is one way to match, so matching takes linear time. */
const ONE_LINE = `^[${blank}]*[^${refused}${blank}][^${refused}]*$`;

const ONE_LINE_WORDS = "without control, direction or invisible characters";

export const SLUG = rule(
  "slug",
  "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
  40,
  "a slug: up to 40 lower-case letters, digits and single hyphens, beginning with a letter",
);

/** A name for people. It is stored as typed and identifies nothing. */
export const DISPLAY_NAME = rule(
  "display_name",
  ONE_LINE,
  100,
  `one line of text, up to 100 characters, ${ONE_LINE_WORDS}`,
);

export const LINE = rule(
  "line",
  ONE_LINE,
  1000,
  `one line of text, up to 1,000 characters, ${ONE_LINE_WORDS}`,
);

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
// A top-level domain isn't a number. It may have its `xn--` form.
const HOST_PATTERN = `(?:${LABEL}\\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])`;

export const HOST = rule(
  "host",
  `^${HOST_PATTERN}$`,
  253,
  "a domain as store.acme.example (internationalised names in their xn-- form)",
);

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";

/**
 * The mailbox of RFC 5321 (4.1.2, 4.5.3.1) without quotes, in ASCII; compared without regard to case.
 *
 * Supabase Auth accepts more: dots in any place, local parts of any length, and hosts of one label
 * (`validateEmail` in https://github.com/supabase/auth/blob/master/internal/api/mail.go). Such a user signs in, and gets
 * no organization.
 */
export const EMAIL = rule(
  "email",
  `^(?=[^@]{1,64}@)${ATOM}(\\.${ATOM})*@${HOST_PATTERN}$`,
  254,
  "an e-mail address as ada@acme.example",
);

/** The five fields of cron. `src/model/schedule.ts` checks what a pattern can't: the order within a range, and the days. */
export const SCHEDULE = rule(
  "schedule_pattern",
  `^${[
    cronField("[0-5]?[0-9]", "[1-5]?[1-9]|[1-6]0"),
    cronField("[01]?[0-9]|2[0-3]", "1?[1-9]|10|2[0-4]"),
    cronField("0?[1-9]|[12][0-9]|3[01]", "[12]?[1-9]|[123]0|31"),
    cronField(`0?[1-9]|1[0-2]|${words("jan feb mar apr may jun jul aug sep oct nov dec")}`, "[1-9]|1[0-2]"),
    cronField(`0?[0-7]|${words("sun mon tue wed thu fri sat")}`, "[1-7]"),
  ].join(" +")}$`,
  256,
  'the five fields of cron, up to 256 characters, as "0 3 * * *"',
);

/** A path of a file in a workspace, without `.`, `..` and a leading slash. It is stored as typed. */
const FILE_PATH = rule(
  "file_path",
  `^(?!/)(?!(?:[^${refused}]*/)?\\.\\.?(?:/|$))[^${refused}]+$`,
  1024,
  `a path as reports/2026.csv, up to 1,024 characters, without . and .. and ${ONE_LINE_WORDS}`,
);

/** Text that may be empty, and has line breaks and tabs. */
const PROSE = rule(
  "prose",
  `^[^${rangesOf([[0x00, 0x08], [0x0b, 0x0c], [0x0e, 0x1f], ...INVISIBLE])}]*$`,
  4000,
  `text of up to 4,000 characters, ${ONE_LINE_WORDS} (line breaks and tabs aside)`,
);

const TITLE = rule(
  "title",
  `^[^${refused}]*$`,
  200,
  `one line of text or none, up to 200 characters, ${ONE_LINE_WORDS}`,
);

/** An identifier for programs. */
const KEY = rule("key", `^[^${refused}]+$`, 255, `a key of 1 to 255 characters, ${ONE_LINE_WORDS}`);

/** Every rule that a database has a function for. */
export const TEXT_RULES = [
  SLUG,
  DISPLAY_NAME,
  LINE,
  HOST,
  EMAIL,
  SCHEDULE,
  FILE_PATH,
  PROSE,
  TITLE,
  KEY,
] as const;

/** Whether a text follows a rule. */
export function followsRule({ pattern, max }: Pick<TextRule, "pattern" | "max">, text: string): boolean {
  return hasAtMost(max, text) && compiled(pattern).test(text);
}

/** Whether a text has at most a number of characters. */
export function hasAtMost(max: number, text: string): boolean {
  if (text.length <= max) return true;
  if (text.length > 2 * max) return false;
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters <= max;
}

const expressions = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const made = new RegExp(pattern, "u");
  expressions.set(pattern, made);
  return made;
}

function rule(name: string, pattern: string, max: number, expected: string): TextRule {
  return { name, pattern, max, expected };
}

/** Formats ranges for a bracket expression. */
function rangesOf(ranges: readonly Range[]): string {
  return ranges
    .map(([from, to]) => (from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`))
    .join("");
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16);
  return codePoint > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}

/** A pattern for words in any case. */
function words(list: string): string {
  const anyCase = (letter: string) => `[${letter.toUpperCase()}${letter}]`;
  return list
    .split(" ")
    .map((word) => [...word].map(anyCase).join(""))
    .join("|");
}

/** A pattern for a field of cron: numbers, ranges, and steps through a range or all values. */
function cronField(number: string, step: string): string {
  const part = `(?:(?:${number})(?:-(?:${number})(?:/(?:${step}))?)?|\\*(?:/(?:${step}))?)`;
  return `${part}(?:,${part})*`;
}
