import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Goal } from "./goal.ts";
import { readPattern } from "./path-pattern.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/**
 * The state that a goal describes, without an id and outputs.
 *
 * @param root the project's folder, which source positions are relative to
 */
export function desiredState(urn: Urn, goal: Goal, provider: string, root: string): ResourceState {
  return {
    urn,
    custom: goal.custom,
    delete: false,
    id: "",
    type: goal.type,
    inputs: goal.inputs,
    outputs: {},
    parent: goal.parent,
    protect: goal.protect ?? false,
    external: false,
    dependencies: goal.dependencies,
    propertyDependencies: goal.propertyDependencies,
    initErrors: [],
    provider,
    pendingReplacement: false,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    retainOnDelete: goal.retainOnDelete ?? false,
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    replacementTrigger: goal.replacementTrigger,
    importID: goal.importID,
    customTimeouts: goal.customTimeouts,
    created: undefined,
    modified: undefined,
    sourcePosition: sourcePositionOf(goal, root),
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    hideDiff: goal.hideDiff.map(readPattern),
    carried: {},
  };
}

function sourcePositionOf(goal: Goal, root: string): string {
  const position = goal.sourcePosition;
  if (position === undefined || !position.uri.startsWith("file://")) return "";
  const path = relative(root, fileURLToPath(position.uri)).split(sep).join("/");
  if (path.startsWith("..")) return "";
  const line = position.line > 0 ? `#${position.line}` : "";
  return `project:///${path}${line}${line !== "" && position.column > 0 ? `,${position.column}` : ""}`;
}
