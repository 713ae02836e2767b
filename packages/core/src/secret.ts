import { inspect } from "node:util";

/**
 * A value that must never be printed. It is wrapped where it is read and opened, by `reveal`, only where it is sent.
 *
 * Every way in which JavaScript turns a value into text (string, JSON, inspect, template) gives `[secret]`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

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
