import type { Command } from "commander";
import { Secret } from "../../core/secret.ts";
import { recordedSelection } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import { addEngineOptions, type EngineOptions, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { withFleet } from "./fleet.ts";

/** What `tenantry outputs --json` prints. */
export interface OutputsDocument {
  readonly ok: boolean;
  readonly stacks: readonly {
    readonly stack: string;
    /** Null where the stack isn't up. Secrets are `[secret]` without `--show-secrets`. */
    readonly outputs: Readonly<Record<string, unknown>> | null;
  }[];
}

interface OutputsOptions extends EngineOptions {
  readonly showSecrets?: boolean;
}

export function addOutputs(program: Command, session: Session): void {
  const command = program
    .command("outputs")
    .description("print what stacks give out: URLs, the plan in force, where an open invoice is paid")
    .argument("[targets...]", TARGETS);
  addEngineOptions(command)
    .option("--show-secrets", "print secrets in clear")
    .action((targets: string[], options: OutputsOptions) => outputs(session, targets, options));
}

async function outputs(session: Session, targets: readonly string[], options: OutputsOptions): Promise<void> {
  const selections = findTargets(targets, session.io).map(recordedSelection);
  await withFleet(session, selections, options, "state", async ({ engine, stacks }) => {
    const found: OutputsDocument["stacks"][number][] = [];
    for (const { spec } of stacks) {
      const values = await engine.outputs(spec);
      found.push({ stack: spec.stack, outputs: values === undefined ? null : readable(values, options) });
    }
    const ok = targets.length === 0 || found.every((stack) => stack.outputs !== null);
    session.exitCode = ok ? 0 : 1;
    if (options.json === true) session.printJson({ ok, stacks: found } satisfies OutputsDocument);
    else for (const stack of found) printOutputs(session, stack);
  });
}

function readable(values: Readonly<Record<string, unknown>>, options: OutputsOptions) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, readableValue(value, options)]),
  );
}

/** A secret output is a Secret that holds its JSON. */
function readableValue(value: unknown, options: OutputsOptions): unknown {
  if (!(value instanceof Secret)) return value;
  return options.showSecrets === true ? JSON.parse(value.reveal()) : "[secret]";
}

function printOutputs(session: Session, { stack, outputs }: OutputsDocument["stacks"][number]): void {
  session.print(session.colors.bold(stack));
  if (outputs === null) session.print(`  ${session.colors.dim("isn't up yet")}`);
  for (const [name, value] of Object.entries(outputs ?? {}))
    session.print(`  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
}
