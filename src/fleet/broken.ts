import { relative } from "node:path";
import { ChangesBuilder } from "../changes/stack.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { type LoadedSelection, OWN_STACK } from "./load.ts";
import type { StackResult } from "./run.ts";
import { stackNames } from "./targets.ts";

/**
 * The results of the stacks that can't run: those whose manifests have errors, and the organizations of a platform whose own manifest
 * has.
 *
 * @param cwd the folder that the paths in messages are relative to
 */
export function brokenResults(loaded: readonly LoadedSelection[], cwd: string): StackResult[] {
  return loaded.flatMap((each) => [
    ...[...each.broken].map(([part, errors]) => failed(`${each.platform}.${part}`, errors, cwd)),
    ...waitingStacks(each).map((stack) => waiting(stack, `${each.platform}.${OWN_STACK}`)),
  ]);
}

/** The names of the stacks that can't run. */
export function brokenStacks(loaded: readonly LoadedSelection[]): string[] {
  return loaded.flatMap((each) => [
    ...[...each.broken.keys()].map((part) => `${each.platform}.${part}`),
    ...waitingStacks(each),
  ]);
}

/** The selected organizations without an error, if their platform has one. */
function waitingStacks({ platform, selection, broken }: LoadedSelection): string[] {
  if (!broken.has(OWN_STACK)) return [];
  const { folder, organizations, removed = [] } = selection;
  const own = `${platform}.${OWN_STACK}`;
  const stacks =
    organizations === "all"
      ? [...stackNames(folder), ...removed.map((name) => `${platform}.${name}`)]
      : organizations.map((name) => `${platform}.${name}`);
  return stacks.filter((stack) => stack !== own && !broken.has(stack.slice(platform.length + 1)));
}

function failed(stack: string, errors: readonly Diagnostic[], cwd: string): StackResult {
  const builder = new ChangesBuilder(stack);
  for (const error of errors)
    builder.note({ severity: "error", message: textOf(error, cwd), urn: undefined });
  return { stack, outcome: "failed", changes: builder.build(), seconds: 0, skipped: false };
}

function waiting(stack: string, own: string): StackResult {
  const builder = new ChangesBuilder(stack);
  builder.note({ severity: "warning", message: `not started: ${own} has errors`, urn: undefined });
  return { stack, outcome: "not started", changes: builder.build(), seconds: 0, skipped: false };
}

/** `stacks/shop/orgs/acme.yaml:4:3: unknown key …`. The command prints the excerpt of the file itself. */
function textOf({ place, message, expected, found, remedy }: Diagnostic, cwd: string): string {
  const at = `${relative(cwd, place.file)}:${place.line}:${place.column}`;
  const details = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
    ...(remedy === undefined ? [] : [remedy]),
  ];
  return [`${at}: ${message}`, ...details.map((detail) => `  ${detail}`)].join("\n");
}
