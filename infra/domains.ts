import type { OrganizationModel } from "../src/model/model.ts";

/** What to set at a domain's name servers: the record that proves whose it is, and where it leads. */
interface DomainRecords {
  /** `<workspace>/<app>` */
  readonly app: string;
  readonly TXT: { readonly name: string; readonly value: string };
  /** Null where the platform gives apps no URL. */
  readonly CNAME: { readonly name: string; readonly value: string } | null;
}

/** The DNS records of an organization's custom domains, by domain; undefined when it has none. */
export function domainRecords({
  workspaces,
}: OrganizationModel): Readonly<Record<string, DomainRecords>> | undefined {
  const records = Object.values(workspaces)
    .filter(({ state }) => state !== "deleted")
    .flatMap((workspace) =>
      Object.entries(workspace.apps).flatMap(([app, { domain, proof, url }]) =>
        domain === null || proof === null
          ? []
          : [
              [
                domain,
                {
                  app: `${workspace.name}/${app}`,
                  TXT: { ...proof },
                  CNAME: url === null ? null : { name: domain, value: url },
                },
              ] as const,
            ],
      ),
    );
  return records.length === 0 ? undefined : Object.fromEntries(records);
}
