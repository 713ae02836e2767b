/** The unique name of a resource: `urn:pulumi:<stack>::<project>::<parent types$>type::name`. */
export type Urn = string;

/** The type of a stack's root resource. */
export const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

/**
 * The URN of a resource.
 *
 * @param parent the URN of its parent; undefined or empty for a child of the stack
 */
export function urnOf(
  stack: string,
  project: string,
  parent: Urn | undefined,
  type: string,
  name: string,
): Urn {
  // A child's type omits that of the stack.
  const parentType = parent === undefined || parent === "" ? STACK_TYPE : qualifiedTypeOf(parent);
  const qualified = parentType === STACK_TYPE ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

/** The resource's name in the program. */
export function nameOf(urn: Urn): string {
  // A resource's name may contain `::`.
  return urn.split("::").slice(3).join("::");
}

/** The resource's own type, without those of its parents: `tenantry:supabase:Project`. */
export function typeOf(urn: Urn): string {
  return qualifiedTypeOf(urn).split("$").at(-1) ?? "";
}

/** Sets the URN, name and type of a resource in a message. */
export function about<
  Message extends {
    setUrn(urn: string): unknown;
    setName(name: string): unknown;
    setType(type: string): unknown;
  },
>(urn: Urn, message: Message): Message {
  message.setUrn(urn);
  message.setName(nameOf(urn));
  message.setType(typeOf(urn));
  return message;
}

/** The stack and the project of a resource. */
export function partsOf(urn: Urn): { readonly stack: string; readonly project: string } {
  const [prefix = "", project = ""] = urn.split("::");
  return { stack: prefix.slice("urn:pulumi:".length), project };
}

function qualifiedTypeOf(urn: Urn): string {
  return urn.split("::")[2] ?? "";
}

/** `tenantry` for `tenantry:supabase:Project`. */
export function packageOf(type: string): string {
  return type.split(":")[0] ?? "";
}

/** Whether a type is that of a provider: `pulumi:providers:<package>`. */
export function isProviderType(type: string): boolean {
  return type.startsWith(PROVIDER_PREFIX);
}

/** The type of a package's provider: `pulumi:providers:<package>`. */
export function providerType(packageName: string): string {
  return `${PROVIDER_PREFIX}${packageName}`;
}

/** `tenantry` for `pulumi:providers:tenantry`. */
export function providedPackage(type: string): string {
  return type.slice(PROVIDER_PREFIX.length);
}

/** A reference to a provider: `<urn>::<id>`. */
export interface ProviderReference {
  readonly urn: Urn;
  readonly id: string;
}

/** Parses a reference to a provider. */
export function parseReference(reference: string): ProviderReference {
  const end = reference.lastIndexOf("::");
  return { urn: reference.slice(0, end), id: reference.slice(end + 2) };
}

/** The inverse of `parseReference`. */
export function formatReference(reference: ProviderReference): string {
  return `${reference.urn}::${reference.id}`;
}
