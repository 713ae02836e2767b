import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";

export interface JsonOption {
  readonly json?: boolean;
}

export interface SandboxOption {
  /** Its data folder. */
  readonly sandbox?: string;
}

export interface EngineOptions extends JsonOption, SandboxOption {
  readonly engine?: "embedded" | "cli";
}

export interface RunOptions extends EngineOptions, SinceOption {
  readonly parallel: number;
  readonly refresh?: boolean;
  readonly skip?: boolean;
  /** Folders, relative to the current one. */
  readonly policyPack?: readonly string[];
  /** One file for each pack, in the same order, relative to the current folder. */
  readonly policyPackConfig?: readonly string[];
}

/** The default data folder of a sandbox, relative to the current folder. */
export const SANDBOX_FOLDER = ".tenantry/sandbox";

export const TARGETS =
  "Platform folders (stacks/agntdata), manifests (stacks/agntdata/orgs/acme.yaml) or stacks (agntdata.acme); default: every platform in stacks/";

export interface SinceOption {
  /** A ref. */
  readonly since?: string;
}

export const SINCE =
  "Compare with the commit at which the current branch left this one, such as origin/main; uncommitted changes count too";

export function addJsonOption(command: Command): Command {
  return command.option("--json", "Print a single JSON document to stdout");
}

export function addSandboxOption(command: Command): Command {
  return command.option(
    "--sandbox [folder]",
    `Use a local Supabase and Stripe, and start them if needed; set the data folder with --sandbox=<folder> (default: ${SANDBOX_FOLDER})`,
  );
}

export function addEngineOptions(command: Command): Command {
  const engine = new Option(
    "--engine <engine>",
    "Engine that runs the stacks (default: the Pulumi CLI if it is installed, else embedded; always embedded in a sandbox)",
  ).choices(["embedded", "cli"]);
  return addSandboxOption(addJsonOption(command).addOption(engine));
}

export function addRunOptions(command: Command): Command {
  return addEngineOptions(command).option(
    "--parallel <n>",
    "Number of stacks to run in parallel",
    wholeNumber,
    Math.max(2, Math.min(8, availableParallelism())),
  );
}

/** The options that `preview` and `up` share. */
export function addReadOptions(command: Command): Command {
  return addRunOptions(command)
    .option(
      "--since <ref>",
      "Only the stacks that changed since the current branch left this one, such as origin/main",
    )
    .option("--refresh", "Refresh state first")
    .option("--no-skip", "Also run stacks that are up to date since their last run")
    .option(
      "--policy-pack <folder>",
      "Check every stack against a policy pack (CrossGuard) and skip none; can be repeated",
      repeated,
      [],
    )
    .option(
      "--policy-pack-config <file>",
      "JSON configuration of a policy pack; repeat it once for each --policy-pack, in the same order",
      repeated,
      [],
    );
}

function repeated(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError("Expected a whole number from 1 to 64.");
  return number;
}

/**
 * Joins the optional folder of `--sandbox` with `=`, because targets may follow the option: in `--sandbox stacks/agntdata`
 * the second word is a target.
 */
export function separateSandboxFolder(args: readonly string[]): string[] {
  return args.map((arg) => (arg === "--sandbox" ? `--sandbox=${SANDBOX_FOLDER}` : arg));
}
