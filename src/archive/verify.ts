import { createHash } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import type { ArchiveHead, Contents, TableEnd, TableHead } from "./contents.ts";

/** Receives an archive's contents while it is read. */
export interface Taker {
  begin(head: ArchiveHead): Promise<void>;
  row(table: TableHead, line: string): Promise<void>;
}

/**
 * Reads an archive's lines and compares each table with the count and checksum that PostgreSQL computed for the dump.
 *
 * @throws CorruptArchive if a table differs
 */
export async function verified(lines: AsyncIterable<string>, taker?: Taker): Promise<Contents> {
  let head: ArchiveHead | undefined;
  let table: TableHead | undefined;
  let sums = new Sums();
  const tables: Record<string, Contents["tables"][string]> = {};
  for await (const line of lines) {
    if (line.startsWith("[")) {
      if (table === undefined) throw new CorruptArchive("a row without a table");
      sums.add(line);
      await taker?.row(table, line);
      continue;
    }
    const parsed = JSON.parse(line) as ArchiveHead | TableHead | TableEnd;
    if ("archive" in parsed) {
      head = supported(parsed);
      await taker?.begin(head);
    } else if ("table" in parsed) {
      table = parsed;
      sums = new Sums();
    } else {
      if (parsed.end !== table?.table || !sums.agreeWith(parsed)) throw new CorruptArchive(parsed.end);
      tables[parsed.end] = { rows: parsed.rows, checksum: parsed.checksum };
      table = undefined;
    }
  }
  if (head === undefined || table !== undefined) throw new CorruptArchive(table?.table ?? "its beginning");
  return { head, tables };
}

function supported(head: ArchiveHead): ArchiveHead {
  const names = head.archive === 2 ? [head.workspace, head.organization] : [head.workspace];
  if ([1, 2].includes(head.archive) && names.every((name) => typeof name === "string")) return head;
  throw new UserError(`The archive has the format ${String(head.archive)}, which this version can't read.`, {
    remedy: "Use the version of tenantry that wrote it, or a later one.",
  });
}

/** The rows in the archive differ from those that PostgreSQL counted. */
export class CorruptArchive extends Error {
  override readonly name = "CorruptArchive";

  constructor(what: string) {
    super(`the archive is corrupt: the rows of ${what} differ from those in the database`);
  }
}

class Sums {
  #rows = 0;
  #checksum = 0n;

  add(line: string): void {
    this.#rows += 1;
    this.#checksum += BigInt(`0x${createHash("md5").update(line).digest("hex").slice(0, 15)}`);
  }

  agreeWith({ rows, checksum }: TableEnd): boolean {
    return this.#rows === rows && String(this.#checksum) === checksum;
  }
}
