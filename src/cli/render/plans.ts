import type { Currency } from "@tenantry/core/currencies";
import { type Allowance, valueText } from "../../model/plan-difference.ts";
import type { Move, PlanRoster } from "../../model/plan-roster.ts";
import { spaced } from "../../plan/words/say.ts";
import { wholeUnits } from "../../shared/currency.ts";
import { ENTITLEMENTS, type Entitlements } from "../../shared/entitlements.ts";
import { count } from "../../shared/format.ts";
import { listNames } from "../../shared/list-names.ts";
import type { Colors } from "./colors.ts";

interface Rosters {
  readonly platform: string;
  readonly currency: Currency;
  readonly plans: readonly PlanRoster[];
}

/** Renders the plans of a platform as a table, and the overrides of the organizations on them. */
export function renderRosters({ platform, currency, plans }: Rosters, colors: Colors): string {
  const rows = plans.map((plan) => [
    `${plan.name}${plan.isDefault ? " (default)" : ""}`,
    sayPrice(plan.price?.amount ?? null, currency),
    String(plan.organizations.length),
    sayEntitlements(plan.entitlements),
    sayCredits(plan.credits),
  ]);
  const table = columns([["plan", "price", "organizations", "limits", "credits a month"], ...rows]);
  const [heading = "", ...lines] = table;
  const members = plans
    .filter(({ organizations }) => organizations.length > 0)
    .map(
      (plan) =>
        `${plan.name}: ${listNames(plan.organizations.map((each) => sayOrganization(each, plan, currency)))}`,
    );
  const overrides = plans.flatMap(({ organizations }) => organizations.flatMap(overrideLines));
  return [
    colors.bold(platform),
    colors.dim(heading),
    ...lines,
    ...block("organizations", members, colors),
    ...block("overrides", overrides, colors),
  ].join("\n");
}

/** Renders what each organization gains and loses with another version. */
export function renderMoves(
  { platform, currency }: Rosters,
  moves: readonly Move[],
  { from, to }: { readonly from?: string; readonly to?: string },
  colors: Colors,
): string {
  const head = colors.bold(`${platform}: ${count(moves.length, "organization")} from ${from} to ${to}`);
  return [head, ...moves.flatMap((move) => moveLines(move, currency, colors))].join("\n");
}

function moveLines(move: Move, currency: Currency, colors: Colors): string[] {
  const { before, after } = move.amount;
  return [
    `${move.organization}  ${sayPrice(before, currency)} → ${sayPrice(after, currency)}`,
    ...move.gains.map((each) => `  ${colors.green(`gains  ${sayAllowance(each)}`)}`),
    ...move.losses.map((each) => `  ${colors.red(`loses  ${sayAllowance(each)}`)}`),
    ...move.exceeded.map(
      ({ limit, use, allowed }) =>
        `  ${colors.red(`doesn't fit: ${use} ${nounOf(limit, use)} declared, ${allowed} allowed`)}`,
    ),
  ];
}

/** `seats 10 → 5`, or `data credits a month 5000 → 6000` */
function sayAllowance({ kind, name, before, after }: Allowance): string {
  const what = kind === "credits" ? `${name} credits a month` : spaced(name);
  return `${what} ${valueText(before)} → ${valueText(after)}`;
}

function sayPrice(amount: number | null, currency: Currency): string {
  if (amount === null) return "by contract";
  return amount === 0 ? "free" : `${wholeUnits(amount, currency)} ${currency} a month`;
}

/** Only what is limited, to keep the table narrow. */
function sayEntitlements(entitlements: Entitlements): string {
  const said = Object.entries(entitlements).flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? [spaced(name)] : [];
    return value === null ? [] : [`${value.toLocaleString("en-US")} ${nounOf(name, value)}`];
  });
  return said.join(", ") || "no limits";
}

function nounOf(name: string, amount: number): string {
  const definition = Object.entries(ENTITLEMENTS).find(([each]) => each === name)?.[1];
  if (definition === undefined || !("noun" in definition)) return spaced(name);
  return amount === 1 ? definition.noun : `${definition.noun}s`;
}

function sayCredits(credits: Readonly<Record<string, number>>): string {
  const said = Object.entries(credits).map(
    ([wallet, amount]) => `${amount.toLocaleString("en-US")} ${wallet}`,
  );
  return said.join(", ") || "none";
}

/** An organization that keeps a previous price is shown with it. */
function sayOrganization(
  { name, amount }: PlanRoster["organizations"][number],
  { price }: PlanRoster,
  currency: Currency,
): string {
  return amount === null || amount === price?.amount ? name : `${name} (${sayPrice(amount, currency)})`;
}

function overrideLines({ name, overrides }: PlanRoster["organizations"][number]): string[] {
  return overrides.map(({ limit, value, expires, inEffect }) => {
    const end = inEffect ? `until ${expires}` : `expired on ${expires}, so the plan's limit applies`;
    return `${name}: ${spaced(limit)} ${valueText(value)}, ${end}`;
  });
}

function block(title: string, lines: readonly string[], colors: Colors): string[] {
  return lines.length === 0 ? [] : ["", colors.dim(title), ...lines.map((line) => `  ${line}`)];
}

/** Pads all columns but the last to their longest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  "),
  );
}
