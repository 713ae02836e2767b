import { valueAt } from "@tenantry/core/property-path";
import { describeValue } from "../manifest/describe-value.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import type { Path } from "../manifest/locate.ts";
import { organizationSchema } from "../manifest/organization.ts";
import type { Addition } from "./additions.ts";
import type { AppRows } from "./app-rows.ts";
import type { Value } from "./yaml-insert.ts";

/** A row of the app that can't be written to a manifest. */
export interface Skipped {
  /** A description: `member ada@acme.example`. */
  readonly what: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The reason why an entry is invalid in any manifest, or undefined. */
export function additionError({
  path,
  key,
  value,
}: Pick<Addition, "path" | "key" | "value">): string | undefined {
  const whole = nested(path, key === undefined ? [value] : { [key]: value });
  const place = [...path, key ?? 0].map((segment) => (typeof segment === "number" ? 0 : segment));
  return schemaErrorAt(whole, place);
}

/** The error of a value at a path of a manifest, or undefined. Ignores errors elsewhere, such as missing keys. */
export function schemaErrorAt(manifest: Value, place: Path): string | undefined {
  const { error } = organizationSchema.safeParse(manifest);
  const issue = error?.issues.find(({ path }) => place.every((segment, index) => path[index] === segment));
  if (issue === undefined) return undefined;
  const names = issue.path.slice(place.length).filter((segment) => typeof segment !== "symbol");
  const found = valueAt(manifest, issue.path);
  const expected = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const of = names.length === 0 ? "" : `\`${names.join(".")}\`: `;
  return `${of}expected ${expected}, found ${describeValue(issue.code === "invalid_key" ? place.at(-1) : found)}`;
}

export function skip({ what, table }: Pick<Addition, "what" | "table">, reason: string): Skipped {
  return {
    what,
    reason,
    remedy: `Correct it in the product, or in its row of public.${table} in the control plane; then run this command again.`,
  };
}

/** The additions that caused errors in the manifest, with the reasons. If several contain an error's place, the innermost. */
export function additionsWithErrors(
  additions: readonly (Addition & { readonly place: Path })[],
  errors: readonly Diagnostic[],
): Skipped[] {
  const found = new Map<string, Skipped>();
  for (const { path, message, remedy } of errors) {
    const around = additions.filter(({ place }) =>
      place.every((segment, index) => path?.[index] === segment),
    );
    const innermost = around.sort((a, b) => b.place.length - a.place.length)[0];
    if (innermost !== undefined) found.set(innermost.what, skip(innermost, `${message}: ${remedy}`));
  }
  return [...found.values()];
}

/** The rows without the skipped ones. Rows that belong to a skipped workspace are skipped too (`along`). */
export function without(rows: AppRows, skipped: ReadonlySet<string>): { rows: AppRows; along: Skipped[] } {
  const gone = new Set(
    rows.workspaces.map(({ name }) => name).filter((name) => skipped.has(`workspace ${name}`)),
  );
  const stays = (what: string) => !skipped.has(what);
  const along: Skipped[] = [];
  const inside = <Row extends { workspace: string }>(
    list: readonly Row[],
    table: Addition["table"],
    nameOf: (row: Row) => string,
  ) =>
    list.filter((row) => {
      if (gone.has(row.workspace))
        along.push(skip({ what: nameOf(row), table }, `workspace ${row.workspace} is skipped`));
      return !gone.has(row.workspace) && stays(nameOf(row));
    });
  return {
    rows: {
      ...rows,
      wallets: rows.wallets.filter(({ name }) => stays(`auto-reload of wallet ${name}`)),
      workspaces: rows.workspaces.filter(({ name }) => !gone.has(name)),
      members: rows.members.filter(({ email }) => stays(`member ${email}`)),
      access: inside(
        rows.access,
        "workspace_members",
        ({ workspace, email }) => `workspace ${workspace} of member ${email}`,
      ),
      invitations: rows.invitations
        .filter(({ email }) => stays(`invitation ${email}`))
        .map((row) => ({ ...row, workspaces: row.workspaces.filter((name) => !gone.has(name)) })),
      apps: inside(rows.apps, "apps", ({ workspace, name }) => `app ${workspace}/${name}`),
      cron_jobs: inside(
        rows.cron_jobs,
        "cron_jobs",
        ({ workspace, name }) => `cron job ${workspace}/${name}`,
      ),
    },
    along,
  };
}

/** A value below a path of maps and lists. */
function nested(path: Path, value: Value): Value {
  return path.reduceRight<Value>(
    (inner, segment) => (typeof segment === "number" ? [inner] : { [segment]: inner }),
    value,
  );
}
