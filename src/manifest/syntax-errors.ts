import type { ErrorCode, YAMLParseError, YAMLWarning } from "yaml";
import { type Diagnostic, type DiagnosticCollector, errorAt, fileError } from "./diagnostic.ts";
import { type Located, locateSpan } from "./locate.ts";

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "remove the anchor or tag from the alias",
  BAD_ALIAS: "define the anchor (`&name`) before it is used, or write out the value",
  BAD_DQ_ESCAPE: "double the backslash, or use single quotes",
  BAD_INDENT: "align the key with its siblings; indent each level by the same number of spaces",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: "put the value on its own indented line, or in quotes",
  MISSING_CHAR: "add the missing character",
  MULTILINE_IMPLICIT_KEY: "close the quotes or add the colon on the same line",
  MULTIPLE_DOCS: "put each manifest in its own file, and remove `---` and everything below it from this one",
  NON_STRING_KEY: "use plain text as the key",
  TAB_AS_INDENT: "indent with spaces",
  TAG_RESOLVE_FAILED: "remove the tag (`!…`)",
};

/**
 * Reports the errors and warnings of the YAML parser. Warnings count as errors, because the text has another meaning than its
 * author intends. Of several at one position, only the first is reported.
 */
export function reportSyntaxErrors(
  errors: readonly (YAMLParseError | YAMLWarning)[],
  text: string,
  file: string,
  diagnostics: DiagnosticCollector,
): void {
  const positions = new Set<number>();
  for (const error of errors) {
    if (!positions.has(error.pos[0])) diagnostics.add(() => syntaxError(error, text, file));
    positions.add(error.pos[0]);
  }
}

function syntaxError(error: YAMLParseError | YAMLWarning, text: string, file: string): Diagnostic {
  if (error.code === "RESOURCE_EXHAUSTION") return tooDeep(file);
  const [from, to] = error.pos;
  const tab = error.code !== "MULTIPLE_DOCS" && text.slice(from, to + 1).startsWith("\t");
  const several = error.code === "MULTIPLE_DOCS";
  const cron = cronAt(text, from);
  if (cron !== undefined)
    return unquotedCron(cron.text, locateSpan(file, text, cron.start, cron.start + cron.text.length));
  return errorAt(several ? "one-document" : "yaml-syntax", locateSpan(file, text, from, to), {
    message: several ? "this file contains several documents" : sentence(error.message),
    expected: several ? "one YAML document per file" : "YAML 1.2",
    remedy: tab ? REMEDIES.TAB_AS_INDENT : (REMEDIES[error.code] ?? "correct the YAML syntax here"),
  });
}

/** A cron expression with five fields that begins with `*`, which YAML reads as an alias. */
const CRON = /^\*[\d/,-]*(?:[ \t]+[\w*/,-]+){4}(?=[ \t]*(?:[,}#\r\n]|$))/;

function cronAt(text: string, offset: number): { text: string; start: number } | undefined {
  // The parser reports the first or a later field.
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  const before = /(?:^|[\s{,])schedule:[ \t]*(.*)$/.exec(line)?.[1] ?? "";
  const start = offset - before.length;
  const found = CRON.exec(text.slice(start))?.[0];
  return found === undefined ? undefined : { text: found, start };
}

/** The error for `schedule: * * * * *` without quotes. */
function unquotedCron(cron: string, located: Located): Diagnostic {
  return errorAt("yaml-syntax", located, {
    message: "YAML reads an unquoted `*` as an alias",
    expected: "a schedule in quotes",
    found: `\`${cron}\``,
    remedy: `put the schedule in quotes: "${cron}"`,
  });
}

/** The error for a file in which git left a conflict. Undefined for any other file. */
export function conflictError(text: string, file: string): Diagnostic | undefined {
  const found = /^<{7}(?: .*)?\r?$/m.exec(text);
  if (found === null || !/^>{7}(?: .*)?\r?$/m.test(text)) return undefined;
  return errorAt("merge-conflict", locateSpan(file, text, found.index, found.index + found[0].length), {
    message: "git left a merge conflict in this file",
    expected: "a manifest without conflict markers",
    found: "`<<<<<<<` and `>>>>>>>`",
    remedy: "keep the lines that you want, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`",
  });
}

/** The error when the parser, which is recursive, runs out of stack. */
export function tooDeep(file: string): Diagnostic {
  return fileError("nesting", file, {
    message: "the file is nested too deeply",
    expected: "the levels of nesting in the schema",
    found: "hundreds of levels",
    remedy: "remove the accidental nesting",
  });
}

function sentence(message: string): string {
  const first = message.split("\n", 1)[0] ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1);
}
