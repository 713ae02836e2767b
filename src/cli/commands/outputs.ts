import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";
import { ownProperty } from "@tenantry/core/own-property";
import { Secret } from "@tenantry/core/secret";
import type { Command } from "commander";
import { recordedSelection } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import { suggest } from "../../shared/suggest.ts";
import { exportToCommand, exportToFile } from "../export-secret.ts";
import { addEngineOptions, type EngineOptions, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { withFleet } from "./fleet.ts";

/** The output of `tenantry outputs --json`. */
export interface OutputsDocument {
  readonly ok: boolean;
  readonly stacks: readonly {
    readonly stack: string;
    /** Null if the stack doesn't exist yet. Secrets are `[secret]` without `--show-secrets`. */
    readonly outputs: Readonly<Record<string, unknown>> | null;
  }[];
}

interface OutputsOptions extends EngineOptions {
  readonly showSecrets?: boolean;
  readonly deliver?: string;
  readonly toFile?: string;
  readonly toCommand?: string;
}

export function addOutputs(program: Command, session: Session): void {
  const command = program
    .command("outputs")
    .description("Print stack outputs: URLs, the effective plan, the payment page of an open invoice")
    .argument("[targets...]", TARGETS);
  addEngineOptions(command)
    .option("--show-secrets", "Print secrets in plain text")
    .option(
      "--deliver <output>",
      "Deliver one output instead of printing it, such as apiKeys/production/backend",
    )
    .option("--to-file <file>", "With --deliver: write the value to a file that only its owner can read")
    .option(
      "--to-command <command>",
      "With --deliver: pass the value to a command's standard input, such as 'vault kv put kv/acme key=-'",
    )
    .action((targets: string[], options: OutputsOptions) =>
      options.deliver === undefined
        ? outputs(session, targets, options)
        : deliver(session, targets, options.deliver, options),
    );
}

async function outputs(session: Session, targets: readonly string[], options: OutputsOptions): Promise<void> {
  const load = async () => findTargets(targets, session.io).map(recordedSelection);
  await withFleet(session, load, options, "state", async ({ engine, stacks }) => {
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

/** Delivers one output of one stack to a file or a command, and never prints it. */
async function deliver(
  session: Session,
  targets: readonly string[],
  path: string,
  options: OutputsOptions,
): Promise<void> {
  const { toFile, toCommand } = options;
  if ((toFile === undefined) === (toCommand === undefined))
    throw new UserError("--deliver needs exactly one destination.", {
      remedy: "Add --to-file <file> or --to-command <command>.",
    });
  const load = async () => findTargets(targets, session.io).map(recordedSelection);
  await withFleet(session, load, options, "state", async ({ engine, stacks, signal }) => {
    const [stack, ...others] = stacks;
    if (stack === undefined || others.length > 0)
      throw new UserError(`--deliver accepts one stack, but ${stacks.length} were selected.`, {
        remedy: "Name one stack, such as agntdata.acme.",
      });
    const value = textAt(await engine.outputs(stack.spec), path, stack.spec.stack);
    const { cwd, env } = session.io;
    if (toFile !== undefined) await exportToFile(value, resolve(cwd, toFile));
    else session.log(await exportToCommand(value, toCommand ?? "", { cwd, env, signal }));
    session.log(`${path} of ${stack.spec.stack} was delivered`);
  });
}

/** Finds a string in the outputs by its path, such as `apiKeys/production/backend`. */
function textAt(outputs: Readonly<Record<string, unknown>> | undefined, path: string, stack: string): Secret {
  let value: unknown = outputs;
  let known: readonly string[] = [];
  for (const name of path.split("/")) {
    const record = isRecord(value) || Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
    known = Object.keys(record);
    value = ownProperty(record, name);
    if (value instanceof Secret) value = JSON.parse(value.reveal());
  }
  if (typeof value === "string") return new Secret(value);
  const meant = suggest(path.split("/").at(-1) ?? "", known);
  throw new UserError(`${stack} has no text output ${path}.`, {
    remedy:
      meant === undefined ? `List its outputs with tenantry outputs ${stack}.` : `Did you mean ${meant}?`,
  });
}

function readable(values: Readonly<Record<string, unknown>>, options: OutputsOptions) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, readableValue(value, options)]),
  );
}

/** A secret output is a `Secret` with the JSON of its value. */
function readableValue(value: unknown, options: OutputsOptions): unknown {
  if (!(value instanceof Secret)) return value;
  return options.showSecrets === true ? JSON.parse(value.reveal()) : "[secret]";
}

function printOutputs(session: Session, { stack, outputs }: OutputsDocument["stacks"][number]): void {
  session.print(session.colors.bold(stack));
  if (outputs === null) session.print(`  ${session.colors.dim("doesn't exist yet")}`);
  for (const [name, value] of Object.entries(outputs ?? {}))
    session.print(`  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
}
