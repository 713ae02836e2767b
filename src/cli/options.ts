import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";

export interface JsonOption {
  readonly json?: boolean;
}

export interface SandboxOption {
  /** The folder of its data. */
  readonly sandbox?: string;
}

export interface EngineOptions extends JsonOption, SandboxOption {
  readonly engine?: "embedded" | "cli";
}

export interface RunOptions extends EngineOptions {
  readonly parallel: number;
  readonly refresh?: boolean;
  readonly skip?: boolean;
  /** Folders, below the current one. */
  readonly policyPack?: readonly string[];
  /** Files, below the current one: of the packs, in their order. */
  readonly policyPackConfig?: readonly string[];
}

/** Where a sandbox keeps its data unless another folder is named: below the current one. */
export const SANDBOX_FOLDER = ".tenantry/sandbox";

export const TARGETS =
  "platforms' folders (stacks/agntdata), manifests (stacks/agntdata/orgs/acme.yaml) or stacks (agntdata.acme); every platform in stacks/ unless said";

export function addJsonOption(command: Command): Command {
  return command.option("--json", "print one JSON document on stdout, and nothing else there");
}

export function addSandboxOption(command: Command): Command {
  return command.option(
    "--sandbox [folder]",
    `use a local Supabase and Stripe, started if need be; --sandbox=<folder> for another than ${SANDBOX_FOLDER}`,
  );
}

export function addEngineOptions(command: Command): Command {
  const engine = new Option(
    "--engine <engine>",
    "which engine runs the stacks; the Pulumi CLI where there is one, embedded where there is none or in a sandbox",
  ).choices(["embedded", "cli"]);
  return addSandboxOption(addJsonOption(command).addOption(engine));
}

export function addRunOptions(command: Command): Command {
  return addEngineOptions(command).option(
    "--parallel <n>",
    "stacks at a time",
    wholeNumber,
    Math.max(2, Math.min(8, availableParallelism())),
  );
}

/** What `preview` and `up` look at: they see the same. */
export function addLookOptions(command: Command): Command {
  return addRunOptions(command)
    .option("--refresh", "look first whether things are still as they were recorded")
    .option(
      "--no-skip",
      "run also the stacks whose last run left nothing to do and whose program would see nothing new",
    )
    .option(
      "--policy-pack <folder>",
      "hold every stack to a pack of policies (CrossGuard), skipping none; may be repeated",
      repeated,
      [],
    )
    .option(
      "--policy-pack-config <file>",
      "set the policies of a pack by a JSON file; repeated as often as --policy-pack, in the same order",
      repeated,
      [],
    );
}

function repeated(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError("It is a whole number from 1 to 64.");
  return number;
}

/**
 * `--sandbox` may have a folder and targets may follow it, so the folder is joined by `=`: in `--sandbox stacks/agntdata`
 * the second word is a target.
 */
export function separateSandboxFolder(args: readonly string[]): string[] {
  return args.map((arg) => (arg === "--sandbox" ? `--sandbox=${SANDBOX_FOLDER}` : arg));
}
