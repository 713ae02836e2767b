/**
 * What a terminal obeys, what changes the direction of text, and what nobody sees. Variation selectors and the joiners of
 * Persian, Indic scripts and emoji are text (src/shared/text-rules.ts), and so are tabs.
 */
const HIDDEN =
  /(?!\t|\u200c|\u200d|\p{Variation_Selector})[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A text that people, vendors or databases wrote, in one line for a terminal or a log: each hidden character, line breaks
 * among them, as its code. Whatever shows a text that isn't tenantry's own does so through this function.
 */
export function printable(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line.replace(/\r$/, "")))
    .join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colors begin with one
const COLOR = /(\u001b\[[0-9;]*m)/;

/** Lines with the colors that tenantry gave them: all that a terminal may be sent, whatever was forgotten before. */
export function printableColored(text: string): string {
  return text
    .split(COLOR)
    .map((part, index) => (index % 2 === 1 ? part : printableLines(part)))
    .join("");
}

/** The same JSON document, with every hidden character of its texts as an escape of JSON. */
export function printableJson(json: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json
    .split("\n")
    .map((line) => line.replace(HIDDEN, (hidden) => hidden.split("").map(escaped).join("")))
    .join("\n");
}
