import type { Alias } from "@pulumi/pulumi/proto/alias_pb.js";
import { nameOf, partsOf, STACK_TYPE, typeOf, type Urn, urnOf } from "./urn.ts";

/** A former identity of a resource: a whole URN, or the parts of it that were different. */
export type AliasSpec =
  | { readonly urn: Urn }
  | {
      /** Empty if unchanged; the same applies to the fields below. */
      readonly name: string;
      readonly type: string;
      readonly stack: string;
      readonly project: string;
      readonly parent: Urn;
      /** The resource had no parent, or only the stack. */
      readonly noParent: boolean;
    };

export function aliasOf(message: Alias): AliasSpec {
  const spec = message.getSpec();
  if (spec === undefined) return { urn: message.getUrn() };
  return {
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
}

/** The current identity of a resource, against which its aliases are resolved. */
export interface Aliased {
  readonly stack: string;
  readonly project: string;
  readonly name: string;
  readonly type: string;
  readonly parent: Urn;
  readonly aliases: readonly AliasSpec[];
}

/**
 * All URNs that a resource may have in an older state, beginning with its own aliases. A child of a renamed resource is also
 * found under the parent's old URN, without an alias.
 *
 * @param formerOf returns the old URN of a resource that this run has found by an alias
 */
export function formerUrns(resource: Aliased, formerOf: (urn: Urn) => Urn | undefined): readonly Urn[] {
  const own = resource.aliases.map((alias) => resolve(alias, resource, formerOf));
  const formerParent = formerOf(resource.parent);
  if (formerParent === undefined) return [...new Set(own)];
  const inherited = [
    { type: resource.type, name: resource.name },
    ...own.map((urn) => ({ type: typeOf(urn), name: nameOf(urn) })),
  ].map(({ type, name }) => below(formerParent, type, name, resource));
  return [...new Set([...own, ...inherited])];
}

function resolve(alias: AliasSpec, resource: Aliased, formerOf: (urn: Urn) => Urn | undefined): Urn {
  if ("urn" in alias) return alias.urn;
  const named = alias.parent === "" ? resource.parent : (formerOf(alias.parent) ?? alias.parent);
  const parent = alias.noParent || typeOf(named) === STACK_TYPE ? "" : named;
  // A resource with a parent is in the parent's stack and project.
  const { stack, project } =
    parent === ""
      ? { stack: alias.stack || resource.stack, project: alias.project || resource.project }
      : partsOf(parent);
  return urnOf(stack, project, parent, alias.type || resource.type, alias.name || resource.name);
}

/** Assumes that a child whose name begins with its parent's, such as `app-database` of `app`, was renamed with it. */
function below(formerParent: Urn, type: string, name: string, resource: Aliased): Urn {
  const prefix = nameOf(resource.parent);
  const former = name.startsWith(prefix) ? nameOf(formerParent) + name.slice(prefix.length) : name;
  return urnOf(resource.stack, resource.project, formerParent, type, former);
}
