import type { ErrorCode, YAMLParseError, YAMLWarning } from "yaml";
import { locateSpan } from "./locate.ts";
import type { Problem } from "./problem.ts";

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "take the anchor or tag off the alias",
  BAD_ALIAS: "define the anchor (`&name`) before it is used, or write the value out",
  BAD_DQ_ESCAPE: "double the backslash, or use single quotes",
  BAD_INDENT: "line the key up with its siblings; each level is indented by the same number of spaces",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: "put the value on a line of its own, indented, or in quotes",
  MISSING_CHAR: "add what is missing",
  MULTILINE_IMPLICIT_KEY: "close the quotes or add the colon on the same line",
  MULTIPLE_DOCS: "put each manifest in a file of its own, and take `---` and what follows it out of this one",
  NON_STRING_KEY: "use plain text as the key",
  TAB_AS_INDENT: "indent with spaces",
  TAG_RESOLVE_FAILED: "take the tag (`!…`) out",
};

/** An error or warning of the YAML parser as a problem. Warnings count as errors: the text wouldn't mean what it seems to. */
export function syntaxProblem(error: YAMLParseError | YAMLWarning, text: string, file: string): Problem {
  const [from, to] = error.pos;
  const tab = error.code !== "MULTIPLE_DOCS" && text.slice(from, to + 1).startsWith("\t");
  const several = error.code === "MULTIPLE_DOCS";
  return {
    severity: "error",
    rule: several ? "one-document" : "yaml-syntax",
    ...locateSpan(file, text, from, to),
    message: several ? "there are two documents in this file" : sentence(error.message),
    expected: several ? "one YAML document per file" : "YAML 1.2",
    remedy: tab ? REMEDIES.TAB_AS_INDENT : (REMEDIES[error.code] ?? "correct the YAML here"),
  };
}

function sentence(message: string): string {
  const first = message.split("\n", 1)[0] ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1);
}
