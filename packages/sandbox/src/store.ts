import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "@tenantry/core/errors";

/**
 * The state of a sandbox service: collections of JSON documents in memory. Every change is appended to a journal file.
 *
 * `put` writes the change to the file before it returns, so that a sandbox that is killed keeps every change that it has
 * confirmed. Each start rewrites the journal without its history.
 */
export class Store {
  readonly #file: string | undefined;
  readonly #collections = new Map<string, Map<string, unknown>>();

  /** @param file the journal; if omitted, the store is in memory only */
  constructor(file?: string) {
    this.#file = file;
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) this.#replay(readFileSync(file, "utf8"));
    this.#compact(file);
  }

  collection<T>(name: string): Collection<T> {
    const documents = this.#documents(name) as Map<string, T>;
    return new Collection(documents, (id, value) => this.#append({ collection: name, id, value }));
  }

  #documents(name: string): Map<string, unknown> {
    let documents = this.#collections.get(name);
    if (documents === undefined) {
      documents = new Map();
      this.#collections.set(name, documents);
    }
    return documents;
  }

  #append(change: { collection: string; id: string; value: unknown }): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(change)}\n`);
  }

  #replay(journal: string): void {
    // Text after the last line break is an incomplete write of a killed process, and was never confirmed.
    for (const line of journal.split("\n").slice(0, -1)) {
      const change = changeIn(line, this.#file ?? "");
      const documents = this.#documents(change.collection);
      if (change.value === undefined) documents.delete(change.id);
      else documents.set(change.id, change.value);
    }
  }

  #compact(file: string): void {
    const lines: string[] = [];
    for (const [collection, documents] of this.#collections)
      for (const [id, value] of documents) lines.push(`${JSON.stringify({ collection, id, value })}\n`);
    writeFileSync(`${file}.new`, lines.join(""));
    renameSync(`${file}.new`, file);
  }
}

/** Documents by id, in order of creation. Documents are replaced, never changed in place. */
export class Collection<T> {
  readonly #documents: Map<string, T>;
  readonly #changed: (id: string, value: T | undefined) => void;

  constructor(documents: Map<string, T>, changed: (id: string, value: T | undefined) => void) {
    this.#documents = documents;
    this.#changed = changed;
  }

  get(id: string): T | undefined {
    return this.#documents.get(id);
  }

  put(id: string, value: T): T {
    this.#documents.set(id, value);
    this.#changed(id, value);
    return value;
  }

  delete(id: string): void {
    if (this.#documents.delete(id)) this.#changed(id, undefined);
  }

  values(): T[] {
    return [...this.#documents.values()];
  }

  /** Returns the documents whose id starts with the prefix. */
  under(prefix: string): T[] {
    return [...this.#documents].filter(([id]) => id.startsWith(prefix)).map(([, value]) => value);
  }
}

function changeIn(line: string, file: string): { collection: string; id: string; value?: unknown } {
  try {
    return JSON.parse(line) as { collection: string; id: string; value?: unknown };
  } catch (cause) {
    throw new UserError(`The sandbox's journal ${file} is damaged in the middle.`, {
      remedy: "Delete the sandbox's folder and start with an empty sandbox, or restore the file.",
      cause,
    });
  }
}
