/** Stacks that were applied before version 0.2 hold control-plane resources with the types and names of this module. */
const FORMER_MODULE = "directory";
const MODULE = "control-plane";

/** The type that a resource from a state has in this version: `tenantry:control-plane:Grant` for `tenantry:directory:Grant`. */
export function currentType(token: string): string {
  const prefix = `tenantry:${FORMER_MODULE}:`;
  return token.startsWith(prefix) ? `tenantry:${MODULE}:${token.slice(prefix.length)}` : token;
}

/**
 * The type and the name under which an older stack may hold a resource; undefined if they never changed.
 *
 * @param type as `control-plane:Organization`
 * @param name the logical name, as `acme-control-plane`
 */
export function formerAlias(
  type: string,
  name: string,
): { readonly type: string; readonly name: string } | undefined {
  if (!type.startsWith(`${MODULE}:`)) return undefined;
  return {
    type: `tenantry:${FORMER_MODULE}:${type.slice(MODULE.length + 1)}`,
    name: name.replace(new RegExp(`-${MODULE}$`), `-${FORMER_MODULE}`),
  };
}
