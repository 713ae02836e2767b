import type { Command } from "commander";
import { unknownOrganization } from "../../fleet/build-stacks.ts";
import { diagnosticsOf, hasErrors, type LoadedSelection, withErrors } from "../../fleet/load.ts";
import { changedSince } from "../../fleet/since.ts";
import { findTargets } from "../../fleet/targets.ts";
import { countDiagnostics, type Diagnostic, renderDiagnostic } from "../../manifest/diagnostic.ts";
import { type PriceChange, priceChanges } from "../../model/price.ts";
import { renamesSince } from "../../offline/renames.ts";
import { wholeUnits } from "../../shared/currency.ts";
import { count } from "../../shared/format.ts";
import { listNames } from "../../shared/list-names.ts";
import { todayOf } from "../../shared/today.ts";
import { addJsonOption, type JsonOption, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { loadManifests } from "./manifests.ts";

/** The output of `tenantry validate --json`. */
export interface ValidateDocument {
  /** True if there are no errors. There may be warnings. */
  readonly ok: boolean;
  readonly platforms: number;
  readonly organizations: number;
  /** The workspaces of valid organizations. A platform with an error counts 0. */
  readonly workspaces: number;
  readonly problems: readonly Diagnostic[];
  /** Plans whose price changed, and the organizations that keep a previous price. */
  readonly priceChanges: readonly (PriceChange & { readonly platform: string })[];
}

export function addValidate(program: Command, session: Session): void {
  const command = program
    .command("validate")
    .description("Check manifests offline and report every problem at once")
    .argument("[targets...]", TARGETS)
    .option("--since <ref>", "Also find organizations that were renamed since a branch, tag or commit");
  addJsonOption(command).action((targets: string[], options: ValidateOptions) =>
    validate(session, targets, options),
  );
}

interface ValidateOptions extends JsonOption {
  readonly since?: string;
}

async function validate(
  session: Session,
  targets: readonly string[],
  options: ValidateOptions,
): Promise<void> {
  const { io } = session;
  const selections = findTargets(targets, io);
  const manifests = await loadManifests(session, selections);
  const renames = async (ref: string) =>
    renamesSince(manifests, await changedSince(ref, selections, io, targets.length === 0), todayOf(io.env));
  const loaded = withErrors(manifests, options.since === undefined ? [] : await renames(options.since));
  for (const each of loaded) for (const name of each.missing) throw unknownOrganization(each, name);
  const document = documentOf(loaded, session.io.cwd);
  session.exitCode = document.ok ? 0 : 1;
  if (options.json === true) session.printJson(document);
  else printDocument(session, document);
}

function documentOf(loaded: readonly LoadedSelection[], cwd: string): ValidateDocument {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const organizations = loaded.flatMap((each) => each.organizations);
  return {
    ok: !hasErrors(loaded),
    platforms: loaded.length,
    organizations: sum(loaded.map(({ read }) => read)),
    workspaces: sum(organizations.map(({ workspaces }) => Object.keys(workspaces).length)),
    problems: diagnosticsOf(loaded, cwd),
    priceChanges: loaded.flatMap(({ platform, organizations }) =>
      priceChanges(organizations).map((change) => ({ platform, ...change })),
    ),
  };
}

function printDocument(session: Session, document: ValidateDocument): void {
  const { colors } = session;
  for (const problem of document.problems) session.print(`${renderDiagnostic(problem)}\n`);
  for (const change of document.priceChanges) session.print(renderPriceChange(change));
  const checked = [
    count(document.platforms, "platform"),
    count(document.organizations, "organization"),
    ...(document.ok ? [count(document.workspaces, "workspace")] : []),
  ].join(", ");
  const verdict =
    document.problems.length === 0 ? colors.green("no problems") : countDiagnostics(document.problems);
  session.print(`${checked}: ${document.ok ? verdict : colors.red(verdict)}`);
}

/** `agntdata launch: 59 usd a month for 2 organizations; still 49 usd a month for acme` */
function renderPriceChange({ platform, plan, prices }: ValidateDocument["priceChanges"][number]): string {
  const [present, ...previous] = prices.map(({ amount, currency, organizations }) => ({
    price: `${wholeUnits(amount, currency)} ${currency} a month`,
    organizations,
  }));
  const held = previous.filter(({ organizations }) => organizations.length > 0);
  return [
    `${platform} ${plan}: ${present?.price} for ${count(present?.organizations.length ?? 0, "organization")}`,
    ...held.map(({ price, organizations }) => `still ${price} for ${listNames(organizations)}`),
  ].join("; ");
}
