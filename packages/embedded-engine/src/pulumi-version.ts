/** The version of the Pulumi CLI whose behavior this engine reproduces. */
export const PULUMI_VERSION = "3.260.0";

/** A term such as `>= 3.1.x`: an operator, and a version whose last numbers may be `x`, for any. */
const TERM =
  /^(?<operator>[<>]=?|={0,2}|!=?)(?<numbers>\d+\.(?:x(?:\.x)?|\d+\.(?:x|\d+)))(?<early>-[\w.-]+)?(?:\+[\w.-]+)?$/;

type Order = -1 | 0 | 1;

const HOLDS: Readonly<Record<string, (order: Order) => boolean>> = {
  "": (order) => order === 0,
  "=": (order) => order === 0,
  "==": (order) => order === 0,
  "!": (order) => order !== 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/**
 * Checks that a released version is in a range in Pulumi's syntax, such as `>=3.5.0 !3.7.7 || 3.9.x`.
 *
 * @throws Error when it isn't, or the range is invalid
 * @see https://pkg.go.dev/github.com/blang/semver#ParseRange
 */
export function demandVersion(range: string, version: string = PULUMI_VERSION): void {
  if (range === "") return;
  const alternatives = range.split("||").map(termsOf);
  if (alternatives.some((terms) => terms.length === 0)) throw unreadable(range, "a part of it is empty");
  const fits = alternatives.map((terms) => terms.map((term) => satisfies(version, term, range)));
  if (fits.some((each) => each.every(Boolean))) return;
  throw new Error(
    `Pulumi CLI version ${version} does not satisfy the version range ${JSON.stringify(range)}`,
  );
}

function termsOf(alternative: string): readonly string[] {
  return alternative
    .replaceAll(/([<>=])\s+/g, "$1")
    .split(" ")
    .filter((term) => term !== "");
}

function satisfies(version: string, term: string, range: string): boolean {
  const { operator, numbers, early } = TERM.exec(term)?.groups ?? {};
  if (operator === undefined || numbers === undefined)
    throw unreadable(range, `${JSON.stringify(term)} isn't a version`);
  return HOLDS[operator]?.(compare(version, numbers, early !== undefined)) ?? false;
}

/** Compares a version with a written one, which may end in `x`. */
function compare(version: string, written: string, early: boolean): Order {
  const found = version.split(".").map(Number);
  for (const [index, number] of written.split(".").entries()) {
    if (number === "x") return 0;
    const difference = (found[index] ?? 0) - Number(number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  // A released version comes after its release candidates.
  return early ? 1 : 0;
}

function unreadable(range: string, why: string): Error {
  return new Error(`parsing CLI version range ${JSON.stringify(range)}: ${why}`);
}
