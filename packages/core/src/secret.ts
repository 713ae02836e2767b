import { inspect } from "node:util";

/**
 * A value that must never be printed. Wrap it where it is read, and call `reveal` only where it is sent.
 *
 * Every conversion to text (string, template, JSON, inspect) returns `[secret]`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value in plain text. Call this only where the value is sent. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.toPrimitive](): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
