import type { DomainRecord } from "../shared/domain-record.ts";
import type { Database } from "../vendors/postgres/database.ts";
import { LookupError, type TxtLookup } from "./dns.ts";

export interface Domain {
  readonly organization: string;
  readonly workspace: string;
  readonly app: string;
  readonly domain: string;
  /** The record to set. */
  readonly record: DomainRecord;
  /** A domain that another tenant has proven is `not proven`, like one without its record. */
  readonly status: "proven" | "not proven" | "unknown";
  /** The reason for `unknown`; null otherwise. */
  readonly reason: string | null;
}

interface Row {
  readonly organization: string;
  readonly workspace: string;
  readonly workspaceId: string;
  readonly app: string;
  readonly domain: string;
  readonly proof: string;
  readonly verified: boolean;
}

/**
 * Looks up the records of all domains that aren't proven yet, including those that the app manages, and marks the domains
 * whose records it finds as proven. A proven domain stays proven.
 *
 * @param organizations slugs. Default: all organizations of the platform
 */
export async function proveDomains(
  database: Database,
  lookup: TxtLookup,
  organizations?: readonly string[],
): Promise<Domain[]> {
  const rows = await database.read((query) =>
    query<Row>(
      `select organizations.name as organization, workspaces.name as workspace, workspaces.id as "workspaceId",
         apps.name as app, apps.domain, domain_proof as proof, domain_verified_at is not null as verified
       from public.apps join public.workspaces on workspaces.id = workspace_id
       join public.organizations on organizations.id = organization_id
       where apps.domain is not null and workspaces.state <> 'deleted'
         and ($1::text[] is null or organizations.name = any ($1))
       order by 1, 2, 4`,
      [organizations ?? null],
    ),
  );
  return Promise.all(rows.map((row) => prove(database, lookup, row)));
}

async function prove(database: Database, lookup: TxtLookup, row: Row): Promise<Domain> {
  const { organization, workspace, app, domain } = row;
  const record = { name: `_tenantry.${domain}`, value: row.proof };
  const known = { organization, workspace, app, domain, record, reason: null };
  if (row.verified) return { ...known, status: "proven" };
  try {
    const exists = (await lookup(record.name)).includes(record.value);
    const isProven = exists && (await recordProof(database, row));
    return { ...known, status: isProven ? "proven" : "not proven" };
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    return { ...known, status: "unknown", reason: error.message };
  }
}

async function recordProof(database: Database, { workspaceId, app, domain }: Row): Promise<boolean> {
  const [answer] = await database.transaction((query) =>
    query<{ proven: boolean }>("select private.verify_domain($1, $2, $3) as proven", [
      workspaceId,
      app,
      domain,
    ]),
  );
  return answer?.proven === true;
}
