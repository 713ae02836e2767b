import { relative } from "node:path";
import type { Place } from "@tenantry/core/errors";
import { printable } from "@tenantry/core/printable";
import { type Excerpt, maskSecrets } from "./excerpt.ts";
import { type Located, locateFile, locatorOf, type Part, type Path } from "./locate.ts";

/** An error prevents a run; a warning doesn't. */
export type Severity = "error" | "warning";

/** The text of a diagnostic, without its place. */
export interface DiagnosticText {
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** The edit that fixes it. */
  readonly remedy?: string | undefined;
}

/** The fields of a diagnostic, apart from its place in the file. */
interface DiagnosticFields extends DiagnosticText {
  readonly severity: Severity;
  readonly rule: string;
  readonly file: string;
  readonly path?: Path | undefined;
}

/** An error or a warning about a manifest: its place, what was expected, what was found, and the edit that fixes it. */
export class Diagnostic implements DiagnosticText {
  /** An error prevents a run; a warning doesn't. */
  readonly severity: Severity;
  /** The name of the rule, such as `unknown-key` or `workspaces-within-plan`. */
  readonly rule: string;
  /** The path of the file, absolute or relative to the current folder. */
  readonly file: string;
  /** The path of the value in the manifest; undefined for a problem with the file or its syntax. */
  readonly path: Path | undefined;
  /** The problem in one sentence. */
  readonly message: string;
  /** What the rule expects, if it can be said in a few words. */
  readonly expected: string | undefined;
  /** What the file contains instead. */
  readonly found: string | undefined;
  /** The edit that fixes it. */
  readonly remedy: string | undefined;
  #located: Located | (() => Located);

  /** @param located a function is called once, and only if the place is needed: finding it parses the file again */
  constructor(fields: DiagnosticFields, located: Located | (() => Located)) {
    this.severity = fields.severity;
    this.rule = fields.rule;
    this.file = fields.file;
    this.path = fields.path;
    this.message = fields.message;
    this.expected = fields.expected;
    this.found = fields.found;
    this.remedy = fields.remedy;
    this.#located = located;
  }

  /** The line and column of the value, or of its nearest parent in the file. */
  get place(): Place {
    return this.#locate().place;
  }

  /** The line at the place; undefined if there is no text to show. */
  get excerpt(): Excerpt | undefined {
    return this.#locate().excerpt;
  }

  /** The same diagnostic with a path relative to a folder. */
  relativeTo(folder: string): Diagnostic {
    const file = relative(folder, this.file);
    return new Diagnostic({ ...this, file }, () => {
      const located = this.#locate();
      return { ...located, place: { ...located.place, file } };
    });
  }

  toJSON(): Record<string, unknown> {
    const { severity, rule, place, message, expected, found, remedy, excerpt } = this;
    return { severity, rule, place, message, expected, found, remedy, excerpt };
  }

  #locate(): Located {
    if (typeof this.#located === "function") this.#located = this.#located();
    return this.#located;
  }
}

/** An error at a place that is already known. */
export function errorAt(rule: string, located: Located, text: DiagnosticText): Diagnostic {
  return new Diagnostic({ severity: "error", rule, file: located.place.file, ...text }, located);
}

/** An error about a file as a whole. */
export function fileError(rule: string, file: string, text: DiagnosticText): Diagnostic {
  return errorAt(rule, locateFile(file), text);
}

/** A value in a manifest, or its key. */
export interface Target {
  readonly severity: Severity;
  readonly rule: string;
  readonly path: Path;
  readonly part?: Part | undefined;
}

/**
 * Diagnostics about values of a valid file. The file is parsed again only if a place is needed, and once for all of them.
 * The text may quote the file, so it is sanitized and its secrets are masked.
 */
export function reporterOf(file: string): (target: Target, text: DiagnosticText) => Diagnostic {
  const locate = locatorOf(file);
  return ({ severity, rule, path, part = "value" }, { message, expected, found, remedy }) =>
    new Diagnostic(
      {
        ...{ severity, rule, file, path },
        message: maskSecrets(printable(message)),
        expected: sanitized(expected),
        found: sanitized(found),
        remedy: sanitized(remedy),
      },
      () => locate(path, part),
    );
}

function sanitized(text: string | undefined): string | undefined {
  return text && maskSecrets(printable(text));
}

/** The number of diagnostics that are shown of one file. */
const MAX_SHOWN = 100;

/** Collects the diagnostics of one file. Beyond the first 100 they are only counted: locating thousands takes minutes. */
export class DiagnosticCollector {
  readonly #file: string;
  readonly #shown: Diagnostic[] = [];
  #hidden = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(create: () => Diagnostic): void {
    if (this.#shown.length < MAX_SHOWN) this.#shown.push(create());
    else this.#hidden += 1;
  }

  get isEmpty(): boolean {
    return this.#shown.length === 0;
  }

  list(): Diagnostic[] {
    return this.#hidden > 0
      ? [...this.#shown, moreProblems(this.#hidden, this.#file, "error")]
      : [...this.#shown];
  }
}

/** The diagnostics of one file, limited to the first 100. Errors come first, so that warnings never displace them. */
export function limitDiagnostics(diagnostics: readonly Diagnostic[], file: string): Diagnostic[] {
  const sorted = [...diagnostics.filter(isError), ...diagnostics.filter((each) => !isError(each))];
  const hidden = sorted.length - MAX_SHOWN;
  if (hidden <= 0) return sorted;
  const severity = sorted.some(isError) ? "error" : "warning";
  return [...sorted.slice(0, MAX_SHOWN), moreProblems(hidden, file, severity)];
}

function moreProblems(count: number, file: string, severity: Severity): Diagnostic {
  const text = {
    message: `there are ${count} more problems in this file`,
    remedy: "fix the problems above first",
  };
  return new Diagnostic({ severity, rule: "more-problems", file, ...text }, locateFile(file));
}

export function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** Renders a diagnostic for the terminal: the message, the place, the line with a caret, expected and found, and the remedy. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { place, excerpt, expected, found, remedy } = diagnostic;
  const gutter = excerpt ? String(excerpt.line).length : 1;
  const pad = " ".repeat(gutter);
  const notes = [
    expected === undefined ? undefined : `${pad} = expected ${printable(expected)}`,
    found === undefined ? undefined : `${pad} = found ${printable(found)}`,
    remedy === undefined ? undefined : `${pad} = ${printable(remedy)}`,
  ].filter((note) => note !== undefined);
  return [
    `${diagnostic.severity}[${diagnostic.rule}]: ${printable(diagnostic.message)}`,
    `${pad}--> ${printable(place.file)}:${place.line}:${place.column}`,
    ...(excerpt ? renderExcerpt(excerpt, gutter) : []),
    ...notes,
  ].join("\n");
}

function renderExcerpt(excerpt: Excerpt, gutter: number): string[] {
  const pad = " ".repeat(gutter);
  return [
    `${pad} |`,
    `${excerpt.line} | ${excerpt.text}`,
    `${pad} | ${" ".repeat(excerpt.caret)}${"^".repeat(excerpt.length)}`,
  ];
}

/** `1 error, 2 warnings` */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(isError).length;
  const warnings = diagnostics.length - errors;
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return [count(errors, "error"), ...(warnings > 0 ? [count(warnings, "warning")] : [])].join(", ");
}
