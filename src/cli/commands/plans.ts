import type { Currency } from "@tenantry/core/currencies";
import { UserError } from "@tenantry/core/errors";
import { ownProperty } from "@tenantry/core/own-property";
import type { Command } from "commander";
import type { LoadedSelection } from "../../fleet/load.ts";
import type { PlanModel, PlatformModel } from "../../model/model.ts";
import { type Move, movesBetween, type PlanRoster, planRosters } from "../../model/plan-roster.ts";
import { listNames } from "../../shared/list-names.ts";
import { suggest } from "../../shared/suggest.ts";
import { todayOf } from "../../shared/today.ts";
import { addJsonOption, type JsonOption, TARGETS } from "../options.ts";
import type { Colors } from "../render/colors.ts";
import { renderMoves, renderRosters } from "../render/plans.ts";
import type { Session } from "../session.ts";
import { loadTargets } from "./vendors.ts";

/** The output of `tenantry plans --json`. */
export interface PlansDocument {
  readonly ok: true;
  readonly platforms: readonly PlatformPlans[];
}

/** The plans of a platform, and who is on them. */
interface PlatformPlans {
  readonly platform: string;
  readonly currency: Currency;
  readonly plans: readonly PlanRoster[];
  /** What organizations would gain and lose; only with `--from` and `--to`. */
  readonly moves?: readonly Move[];
}

interface PlansOptions extends JsonOption {
  readonly from?: string;
  readonly to?: string;
}

export function addPlans(program: Command, session: Session): void {
  const command = program
    .command("plans")
    .description(
      "Show the plans, their versions and who is on them; with --from and --to, who gains and who loses",
    )
    .argument("[targets...]", TARGETS)
    .option("--from <plan>", "Compare this plan or version, such as launch, for each organization on it")
    .option("--to <plan>", "… with this one, such as launch@2");
  addJsonOption(command).action((targets: string[], options: PlansOptions) =>
    plans(session, targets, options),
  );
}

async function plans(session: Session, targets: readonly string[], options: PlansOptions): Promise<void> {
  if ((options.from === undefined) !== (options.to === undefined))
    throw new UserError("--from and --to belong together", {
      remedy: "Name both versions: tenantry plans --from launch --to launch@2",
    });
  const { loaded, ok, diagnostics } = await loadTargets(session, targets, "no plans were shown");
  if (!ok) {
    if (options.json === true) session.printJson({ ok: false, problems: diagnostics });
    return;
  }
  const today = todayOf(session.io.env);
  const platforms = loaded.flatMap((each) => platformPlans(each, options, today));
  if (options.json === true) session.printJson({ ok: true, platforms } satisfies PlansDocument);
  else session.print(platforms.map((each) => render(each, options, session.colors)).join("\n\n"));
}

function platformPlans(
  { platform, platformModel, organizations }: LoadedSelection,
  { from, to }: PlansOptions,
  today: string,
): PlatformPlans[] {
  if (platformModel === undefined) return [];
  const moves =
    from === undefined || to === undefined
      ? {}
      : {
          moves: movesBetween(
            planNamed(platformModel, from),
            planNamed(platformModel, to),
            organizations,
            today,
          ),
        };
  const { currency } = platformModel;
  return [{ platform, currency, plans: planRosters(platformModel, organizations), ...moves }];
}

function render(plans: PlatformPlans, options: PlansOptions, colors: Colors): string {
  return plans.moves === undefined
    ? renderRosters(plans, colors)
    : renderMoves(plans, plans.moves, options, colors);
}

function planNamed({ name: platform, plans }: PlatformModel, name: string): PlanModel {
  const found = ownProperty(plans, name);
  if (found !== undefined) return found;
  const names = Object.keys(plans);
  const near = suggest(name, names);
  throw new UserError(`There is no plan ${name} on ${platform}`, {
    remedy: near === undefined ? `Name one of ${listNames(names)}.` : `Did you mean ${near}?`,
  });
}
