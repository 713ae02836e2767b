import type { Alias } from "@pulumi/pulumi/proto/alias_pb.js";
import { nameOf, partsOf, STACK_TYPE, typeOf, type Urn, urnOf } from "./urn.ts";

/** What a resource was called before: a whole URN, or what was different about it. */
export type AliasSpec =
  | { readonly urn: Urn }
  | {
      /** Empty is as it is now, here and below. */
      readonly name: string;
      readonly type: string;
      readonly stack: string;
      readonly project: string;
      readonly parent: Urn;
      /** It had no parent, or only the stack. */
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

/** What aliases are read against. */
export interface Aliased {
  readonly stack: string;
  readonly project: string;
  readonly name: string;
  readonly type: string;
  readonly parent: Urn;
  readonly aliases: readonly AliasSpec[];
}

/**
 * All URNs under which an older state may know a resource, its own aliases first. A child of a resource that was
 * renamed was below the old name, and is found there without an alias of its own.
 *
 * @param formerOf the URN under which the state knew a resource that this run found by an alias
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
  // Below a parent a resource is in the parent's stack and project.
  const { stack, project } =
    parent === ""
      ? { stack: alias.stack || resource.stack, project: alias.project || resource.project }
      : partsOf(parent);
  return urnOf(stack, project, parent, alias.type || resource.type, alias.name || resource.name);
}

/** A child whose name begins with its parent's, as `app-database` below `app`, is taken to have followed its rename. */
function below(formerParent: Urn, type: string, name: string, resource: Aliased): Urn {
  const prefix = nameOf(resource.parent);
  const former = name.startsWith(prefix) ? nameOf(formerParent) + name.slice(prefix.length) : name;
  return urnOf(resource.stack, resource.project, formerParent, type, former);
}
