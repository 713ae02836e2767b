import { isRecord } from "@tenantry/core/is-record";
import type { Account } from "../account.ts";
import type { Shown } from "../stored.ts";
import { invalid } from "./errors.ts";
import type { Kind } from "./operation.ts";

type Node = Record<string, unknown>;

/**
 * Expands the fields that `expand[]` names: https://docs.stripe.com/api/expanding_objects
 *
 * @throws StripeError 400 for a path deeper than four levels, or for a field that can't be expanded
 */
export function expand(
  shown: Shown,
  paths: readonly string[],
  kinds: Readonly<Record<string, Kind>>,
  account: Account,
): Shown {
  if (paths.length === 0) return shown;
  const copy = structuredClone(shown) as Shown & Node;
  for (const path of paths) {
    const fields = path.split(".");
    if (fields.length > 4)
      throw invalid(`You cannot expand more than 4 levels of a property. Property: ${path}`, "expand");
    open({ node: copy, owner: copy, field: "" }, fields);
  }
  return copy;

  /** `owner` is the nearest parent with an object type. `field` is the path from the owner to the node. */
  function open(at: { node: Node; owner: Node; field: string }, fields: readonly string[]): void {
    const [name = "", ...rest] = fields;
    const field = at.field === "" ? name : `${at.field}.${name}`;
    // Copied, because a nested expansion changes the value, and the stored object must not change.
    const opened = structuredClone(openField(at.node[name], at.owner, field));
    if (opened === undefined) throw invalid(`This property cannot be expanded (${field}).`, "expand");
    at.node[name] = opened;
    if (rest.length === 0) return;
    for (const child of Array.isArray(opened) ? opened : [opened])
      if (isNode(child)) open(standing(child, at.owner, field), rest);
  }

  function openField(value: unknown, owner: Node, field: string): unknown {
    if (isNode(value)) return value;
    const way = kinds[String(owner.object)]?.expands[field];
    if (Array.isArray(value)) return value.map((one) => (typeof way === "string" ? shownBy(way, one) : one));
    if (way === undefined) return undefined;
    if (typeof way === "function") return way(account, String(owner.id));
    return typeof value === "string" ? shownBy(way, value) : null;
  }

  function shownBy(kind: string, value: unknown): unknown {
    return typeof value === "string" ? (kinds[kind]?.show(account, value) ?? value) : value;
  }
}

function standing(child: Node, owner: Node, field: string): { node: Node; owner: Node; field: string } {
  return "object" in child ? { node: child, owner: child, field: "" } : { node: child, owner, field };
}

function isNode(value: unknown): value is Node {
  return isRecord(value);
}
