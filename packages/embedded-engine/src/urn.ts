/** The unique name of a resource: `urn:pulumi:<stack>::<project>::<parent types$>type::name`. */
export type Urn = string;

export const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

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

export function nameOf(urn: Urn): string {
  // A resource's name may contain `::`.
  return urn.split("::").slice(3).join("::");
}

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

export function isProviderType(type: string): boolean {
  return type.startsWith(PROVIDER_PREFIX);
}

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

export function parseReference(reference: string): ProviderReference {
  const end = reference.lastIndexOf("::");
  return { urn: reference.slice(0, end), id: reference.slice(end + 2) };
}

export function formatReference(reference: ProviderReference): string {
  return `${reference.urn}::${reference.id}`;
}
