/** Statements that delete rows, or what contains them. */
const DELETES: readonly RegExp[] = [
  /\bdrop\s+(?:foreign\s+)?(?:table|column|schema|owned|database)\b/i,
  /\bdrop\s+(?:type|domain|extension)\b[^;]*\bcascade\b/i,
  /\balter\s+type\b[^;]*\bdrop\s+attribute\b/i,
  // `drop` in `alter table` drops a column, with or without the word.
  /\balter\s+(?:foreign\s+)?table\b[^;]*\bdrop(?!\s+constraint\b)\s/i,
  /\btruncate\b/i,
  /\bdelete\s+from\b/i,
  // `merge … when matched then delete`
  /\bthen\s+delete\b/i,
];

/** A clause of `alter table` that leaves the column in place. */
const KEEPS_COLUMN = /\balter\s+(?:column\s+)?\S+\s+drop\s+(?:default|not\s+null|identity|expression)\b/gi;

/**
 * Whether a script may delete data. Texts count too, because a script can execute them, so it errs on the side of yes.
 */
export function deletesData(sql: string): boolean {
  const statements = readable(sql).replace(KEEPS_COLUMN, " ");
  return DELETES.some((pattern) => pattern.test(statements));
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
const TOKEN =
  /--[^\n\r]*|\/\*|e'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'?|'[^']*(?:''[^']*)*'?|"[^"]*(?:""[^"]*)*"?|\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$|[\p{L}_][\p{L}\p{N}_$]*|[\s\S]/iuy;

/** A script without comments, and with a placeholder for each quoted name, so that keywords are only those of statements. */
function readable(sql: string): string {
  const parts: string[] = [];
  for (let at = 0; at < sql.length; ) {
    TOKEN.lastIndex = at;
    const [token = sql.charAt(at)] = TOKEN.exec(sql) ?? [];
    at += token.length;
    if (token.startsWith("--")) parts.push(" ");
    else if (token === "/*") {
      at = endOfComment(sql, at);
      parts.push(" ");
    } else if (token.startsWith('"')) parts.push('"name"');
    else if (token.length > 1 && token.startsWith("$")) {
      const end = sql.indexOf(token, at);
      const body = sql.slice(at, end === -1 ? undefined : end);
      at += body.length + token.length;
      // A body may be a program, whose comments and texts are its own.
      parts.push(" ", readable(body), " ");
    } else parts.push(/^e?'/i.test(token) ? token.replaceAll(";", ",") : token);
  }
  return parts.join("");
}

/** Comments may contain comments. */
function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(sql);
    if (mark === null) return sql.length;
    depth += mark[0] === "/*" ? 1 : -1;
  }
  return marks.lastIndex;
}
