import { whereTableExists } from "../catalog/section.ts";
import type { Kind } from "./kind.ts";

/** Rows that grant access because a service reads them. */
export const SERVICE_KINDS: readonly Kind[] = [
  {
    name: "bucket",
    covers: [],
    rows: rowsWhereTableExists(
      "storage.buckets",
      `select format('bucket %s%s', id, case when public then ' (public)' else '' end) as identity,
        case when public then 'anybody can read its files' else 'exists' end as opens,
        null as about,
        case when public then format('update storage.buckets set public = false where id = %L', id) end as close
      from storage.buckets`,
    ),
  },
  {
    name: "cron job",
    covers: [],
    rows: rowsWhereTableExists(
      "cron.job",
      `select format('cron job %s', jobid) as identity, format('runs as %s: %s', username, left(command, 200)) as opens,
        null as about, null as close
      from cron.job`,
    ),
  },
  {
    name: "issuer",
    covers: [],
    rows: rowsWhereTableExists(
      "public.platforms",
      `select format('issuer of the tokens of platform %s', name) as identity,
        case when issuer is null then 'is any issuer' else format('is %s', issuer) end as opens,
        format('issuer %s', issuer) as about, null as close
      from public.platforms`,
    ),
  },
];

/** @param query rows of `identity`, `opens`, `about` and `close` */
function rowsWhereTableExists(table: string, query: string): string {
  return `
      select it.identity, it.opens, it.about, it.close
      from jsonb_to_recordset(coalesce(${whereTableExists(
        table,
        `select coalesce(jsonb_agg(it), '[]') as value from (${query}) as it`,
      )}, '[]')) as it (identity text, opens text, about text, close text)`;
}
