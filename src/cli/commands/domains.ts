import { printable } from "@tenantry/core/printable";
import type { Command } from "commander";
import type { Domain } from "../../domains/prove.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import type { Context } from "../../vendors/connections.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { loadSoundTargets, withVendors } from "./vendors.ts";

/** The output of `tenantry domains --json`. */
interface DomainsDocument {
  /** True if every DNS lookup was answered, whether or not the record proves the domain, and no manifest has errors. */
  readonly ok: boolean;
  readonly domains: readonly (Domain & { readonly platform: string })[];
}

interface DomainsOptions extends JsonOption, SandboxOption {
  readonly dns?: readonly string[];
}

export function addDomains(program: Command, session: Session): void {
  const command = program
    .command("domains")
    .description(
      "Look up the DNS records that prove ownership of custom domains, once; schedule it every few minutes",
    )
    .argument("[targets...]", TARGETS)
    .option("--dns <servers...>", "Name servers to query, such as 9.9.9.9 (default: the system's)");
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: DomainsOptions) =>
    domains(session, targets, options),
  );
}

async function domains(session: Session, targets: readonly string[], options: DomainsOptions): Promise<void> {
  const {
    loaded,
    ok: isSound,
    hasWork,
  } = await loadSoundTargets(session, targets, "no domains of platforms with errors were looked up");
  if (!hasWork) return;
  await withVendors(session, loaded, options.sandbox, async (context) => {
    const found: DomainsDocument["domains"][number][] = [];
    for (const each of loaded) found.push(...(await domainsOf(each, context, options)));
    const ok = isSound && found.every(({ status }) => status !== "unknown");
    session.exitCode = ok ? 0 : 1;
    if (options.json === true) session.printJson({ ok, domains: found } satisfies DomainsDocument);
    else for (const domain of found) session.print(printable(lineOf(domain)));
  });
}

async function domainsOf(
  { platform, platformModel, selection }: LoadedSelection,
  context: Context,
  { dns }: DomainsOptions,
): Promise<DomainsDocument["domains"]> {
  if (platformModel === undefined) return [];
  const { dnsLookup } = await import("../../domains/dns.ts");
  const { proveDomains } = await import("../../domains/prove.ts");
  const database = await context.controlPlane(platformModel.project);
  const organizations = selection.organizations === "all" ? undefined : selection.organizations;
  const proven = await proveDomains(database, dnsLookup(dns), organizations);
  return proven.map((domain) => ({ platform, ...domain }));
}

function lineOf({
  platform,
  organization,
  workspace,
  app,
  domain,
  record,
  status,
  reason,
}: DomainsDocument["domains"][number]): string {
  const whose = `${domain}  ${platform}.${organization}/${workspace} ${app}`;
  if (status === "proven") return `${whose}: proven`;
  if (status === "unknown") return `${whose}: not looked up: ${reason}`;
  return `${whose}: not proven; set TXT ${record.name} to ${record.value}`;
}
