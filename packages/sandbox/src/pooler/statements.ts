import { type Message, texts } from "./messages.ts";

/** The messages up to the next response: a simple query, or an extended query up to its Sync or Flush. */
export interface Batch {
  /** The statements to run, separated by semicolons. Empty if there are none. */
  readonly sql: string;
  /** The bound values as text, without control characters. */
  readonly values: string;
  readonly bytes: Buffer;
  /** Whether the response ends with ReadyForQuery. The response to a Flush doesn't. */
  readonly awaitsReady: boolean;
}

/** Groups a client's messages into batches. Remembers prepared statements, which are later executed by name. */
export class Batches {
  readonly #named = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #messages: Buffer[] = [];
  #sql: string[] = [];
  #values: string[] = [];

  /** Adds a message. Returns the batch if the message completes one. */
  add({ type, payload, bytes }: Message): Batch | undefined {
    this.#messages.push(bytes);
    if (type === "Q") this.#sql.push(...texts(payload, 1));
    if (type === "P") this.#parse(payload);
    if (type === "B") this.#bind(payload);
    if (type === "E") this.#sql.push(this.#portals.get(texts(payload, 1)[0] ?? "") ?? "");
    // After these messages of the extended protocol, the client sends more before it waits for a response.
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
 * Detects SQL that changes data by the first word of each statement.
 *
 * A commit counts as a write if its transaction contains one. A `select` that calls a function that writes isn't detected.
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
