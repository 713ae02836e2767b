import { type Message, texts } from "./messages.ts";

/** What a client asks for up to the next answer: one simple query, or the messages of an extended one up to its Sync. */
export interface Batch {
  /** Of several statements, one after the other with semicolons; empty when there is none to run. */
  readonly sql: string;
  /** The values sent with them, as far as they are text. */
  readonly values: string;
  readonly bytes: Buffer;
  /** Whether its answer ends with "ready for the next query"; a flush's doesn't. */
  readonly awaitsReady: boolean;
}

/** Gathers a client's messages into batches. It remembers named statements, which later come without their text. */
export class Batches {
  readonly #named = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #messages: Buffer[] = [];
  #sql: string[] = [];
  #values: string[] = [];

  /** The batch that this message completes, if it does. */
  add({ type, payload, bytes }: Message): Batch | undefined {
    this.#messages.push(bytes);
    if (type === "Q") this.#sql.push(...texts(payload, 1));
    if (type === "P") this.#parse(payload);
    if (type === "B") this.#bind(payload);
    if (type === "E") this.#sql.push(this.#portals.get(texts(payload, 1)[0] ?? "") ?? "");
    // Of the extended protocol, and only of it, more messages follow before an answer is waited for.
    return ["P", "B", "E", "D", "C"].includes(type) ? undefined : this.#complete(type !== "H");
  }

  #parse(payload: Buffer): void {
    const [name = "", sql = ""] = texts(payload, 2);
    this.#named.set(name, sql);
  }

  #bind(payload: Buffer): void {
    const [portal = "", statement = ""] = texts(payload, 2);
    this.#portals.set(portal, this.#named.get(statement) ?? "");
    this.#values.push(payload.toString("utf8").replace(/[^\P{Cc}\n\t]+/gu, " "));
  }

  #complete(awaitsReady: boolean): Batch {
    const batch = {
      sql: this.#sql.filter((sql) => sql !== "").join("; "),
      values: this.#values.join(" "),
      bytes: Buffer.concat(this.#messages),
      awaitsReady,
    };
    this.#messages = [];
    this.#sql = [];
    this.#values = [];
    return batch;
  }
}

const READING =
  /^(select|show|table|values|explain|set|reset|begin|start|rollback|savepoint|release|discard|fetch|close|declare|deallocate|listen|unlisten)\b/i;
const COMMITTING = /^(commit|end)\b/i;

/**
 * Whether a text changes something, judged by the first word of each statement.
 *
 * A commit does when something before it in its transaction did. A function that writes, called by `select`, goes unseen.
 */
export class WriteDetector {
  #written = false;

  isWrite(sql: string): boolean {
    let write = false;
    for (const statement of statementsOf(sql)) {
      if (COMMITTING.test(statement)) {
        write ||= this.#written;
        this.#written = false;
      } else if (/^rollback\b(?!\s+to)/i.test(statement)) {
        this.#written = false;
      } else if (!READING.test(statement)) {
        write = true;
        this.#written = true;
      }
    }
    return write;
  }
}

function statementsOf(sql: string): string[] {
  const plain = sql
    .replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ")
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'/g, "''");
  return plain
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
