import type { OrganizationModel } from "../src/model/model.ts";

/** The DNS records of a domain: one that proves its ownership, and one that points to the app. */
interface DomainRecords {
  /** `<workspace>/<app>` */
  readonly app: string;
  readonly TXT: { readonly name: string; readonly value: string };
  /** Null if the platform's apps have no URLs. */
  readonly CNAME: { readonly name: string; readonly value: string } | null;
}

/** The DNS records of an organization's custom domains, by domain. Undefined without custom domains. */
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
