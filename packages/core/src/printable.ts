/**
 * Characters that control a terminal, change the direction of text or are invisible. Variation selectors, tabs and the joiners of
 * Persian, Indic scripts and emoji are allowed (src/shared/text-rules.ts).
 */
const HIDDEN =
  /(?!\t|\u200c|\u200d|\p{Variation_Selector})[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Escapes hidden characters, including line breaks, so that a text from people, vendors or databases fits in one line of a
 * terminal or a log. Every text that isn't tenantry's own must be shown through this function.
 */
export function printable(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Escapes hidden characters in a text of several lines, and keeps the line breaks. */
export function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.replace(/\r$/, "")))
    .join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colors begin with one
const COLOR = /(\u001b\[[0-9;]*m)/;

/** Escapes everything but line breaks and colors. It is the last safeguard before a terminal. */
export function printableColored(text: string): string {
  return text
    .split(COLOR)
    .map((part, index) => (index % 2 === 1 ? part : printableLines(part)))
    .join("");
}

/** Replaces hidden characters in a JSON document by JSON escapes. */
export function printableJson(json: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json
    .split("\n")
    .map((line) => line.replace(HIDDEN, (hidden) => hidden.split("").map(escaped).join("")))
    .join("\n");
}
