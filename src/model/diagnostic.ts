/** Something that a rule objects to, as data: which file and which path in it, not yet which line. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** The rule's name. */
  readonly rule: string;
  readonly file: string;
  readonly path: readonly (string | number)[];
  /** Whether the key or the value at the path is meant; the value unless said. */
  readonly part?: "key" | "value" | undefined;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** The edit that mends it. */
  readonly remedy: string;
}

/** What a rule says of one spot; the rule's name and the file are added for it. */
export type Objection = Omit<Diagnostic, "rule" | "file" | "severity"> & { readonly severity?: "warning" };

/** One named rule about a subject. */
export interface Rule<Subject> {
  readonly name: string;
  readonly check: (subject: Subject) => readonly Objection[];
}

/** What every rule objects to in a subject that was declared in a file. */
export function applyRules<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  file: string,
): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const rule of rules) {
    for (const objection of rule.check(subject)) {
      findings.push({ severity: "error", rule: rule.name, file, ...objection });
    }
  }
  return findings;
}
