import { type Diagnostic, type DiagnosticText, reporterOf } from "../../manifest/diagnostic.ts";
import type { Part, Path } from "../../manifest/locate.ts";

/** A diagnostic of a rule, at a path of the manifest. `applyRules` adds the rule's name and the file. */
export interface RuleDiagnostic extends DiagnosticText {
  /** "error" by default. */
  readonly severity?: "warning" | undefined;
  readonly path: Path;
  /** The part of the entry at the path, its key or its value; "value" by default. */
  readonly part?: Part | undefined;
  readonly remedy: string;
}

/** One named rule about a subject. */
export interface Rule<Subject> {
  readonly name: string;
  readonly check: (subject: Subject) => readonly RuleDiagnostic[];
}

/** Applies rules to a subject that is declared in a file. */
export function applyRules<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  file: string,
): readonly Diagnostic[] {
  const report = reporterOf(file);
  return rules.flatMap(({ name, check }) =>
    check(subject).map(({ severity, path, part, ...text }) =>
      report({ severity: severity ?? "error", rule: name, path, part }, text),
    ),
  );
}
