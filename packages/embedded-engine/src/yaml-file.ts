import { type Place, UserError } from "@tenantry/core/errors";
import { type Document, isMap, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import type * as z from "zod";

/** A path in a file: keys and indexes. */
type Path = readonly PropertyKey[];

/**
 * A YAML file of Pulumi's.
 *
 * It is read by allow-list: a key that the shape doesn't name is refused with its place, so that no setting is ignored silently.
 */
export class YamlFile {
  /** The parsed file, which keeps comments when it is written again. */
  readonly document: Document;
  readonly #file: string;
  readonly #lines = new LineCounter();

  /** @throws UserError if the text isn't valid YAML */
  constructor(file: string, text: string) {
    this.#file = file;
    this.document = parseDocument(text, { lineCounter: this.#lines, intAsBigInt: true });
    const problem = this.document.errors[0];
    if (problem === undefined) return;
    throw new UserError(`The file isn't valid YAML: ${problem.message}`, {
      remedy: "Correct the file.",
      place: this.#placeAt(problem.pos[0]),
    });
  }

  /**
   * The content of the file in the given shape.
   *
   * @throws UserError for the first key that the shape doesn't have, or value that it doesn't allow
   */
  read<Shape extends z.ZodType>(shape: Shape, remedy: string): z.output<Shape> {
    const found = shape.safeParse(this.document.toJS() ?? {});
    const issue = found.error?.issues[0];
    if (issue === undefined) return found.data as z.output<Shape>;
    if (issue.code !== "unrecognized_keys") throw this.mistake(issue.path, issue.message, remedy);
    const path = [...issue.path, issue.keys[0] ?? ""];
    throw this.mistake(path, "the embedded engine doesn't support this key", remedy);
  }

  /** An error that names a value by its path and place. */
  mistake(path: Path, message: string, remedy: string): UserError {
    const named = path.length === 0 ? "" : `\`${path.map(String).join(".")}\`: `;
    return new UserError(`${named}${message}`, { remedy, place: this.#placeOf(path) });
  }

  /**
   * Refuses unquoted values that Pulumi, which reads YAML 1.1, takes for something else than their text: dates, and numbers such as
   * `010` and `1_000`.
   *
   * @throws UserError for the first one
   */
  refuseAmbiguousScalars(): void {
    visit(this.document, {
      Scalar: (_, { type, source, range }) => {
        if (type !== "PLAIN" || source === undefined || !AMBIGUOUS.test(source)) return;
        throw new UserError(
          `The unquoted value ${source} is read differently by different versions of YAML`,
          {
            remedy: "Put it in quotes, or write a number in plain decimal digits.",
            place: this.#placeAt(range?.[0] ?? 0),
          },
        );
      },
    });
  }

  #placeOf(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const position = this.#positionOf(path.slice(0, length));
      if (position !== undefined) return this.#placeAt(position);
    }
    return this.#placeAt(0);
  }

  /** The position of a key, or of an item of a list. */
  #positionOf(path: Path): number | undefined {
    const parent = path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
      : undefined;
    const node = pair?.key ?? this.document.getIn(path, true);
    return (node as Node | undefined)?.range?.[0];
  }

  #placeAt(position: number): Place {
    const { line, col } = this.#lines.linePos(position);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** Whole values only: an id such as `01234567-89ab-…` is text for every version. */
const AMBIGUOUS = new RegExp(
  [
    /^[-+]?0[\d_]+$/,
    /^[-+]?0(x[\da-f_]+|o[0-7_]+|b[01_]+)$/,
    /^[-+]?\d[\d,_]*_[\d,_]*(\.[\d_]*)?(e[-+]?\d+)?$/,
    /^\d{4}-\d\d?-\d\d?$/,
    /^\d{4}-\d\d?-\d\d?[t ]+\d\d?:\d\d?:\d\d?/,
    /^[-+]?\.(inf|nan)$/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);
