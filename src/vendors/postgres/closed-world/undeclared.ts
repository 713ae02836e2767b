import type { Catalog } from "../catalog/catalog.ts";
import type { Found } from "./world.ts";

/** The objects that a declaration allows in its database, in addition to those of its migrations. */
export interface DeclaredWorld {
  readonly roles?: Readonly<Record<string, unknown>> | undefined;
  readonly memberships?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  readonly schemas?: Readonly<Record<string, { readonly usage: readonly string[] }>> | undefined;
  readonly defaultPrivileges?:
    | readonly {
        readonly schema?: string | undefined;
        readonly on: string;
        readonly revokeFrom: readonly string[];
      }[]
    | undefined;
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  readonly buckets?: Readonly<Record<string, { readonly public?: boolean | undefined }>> | undefined;
  /** Objects that other resources of the same database declare and compare. */
  readonly elsewhere?:
    | {
        readonly schemas?: DeclaredWorld["schemas"];
        readonly extensions?: DeclaredWorld["extensions"];
        /** Tables whose policies are declared. */
        readonly policies?: readonly string[] | undefined;
      }
    | undefined;
}

/**
 * The undeclared objects of a database.
 *
 * @param issuer the issuer of the tokens that a control plane trusts; undefined if unknown
 */
export function undeclared(
  declared: DeclaredWorld,
  catalog: Pick<Catalog, "access" | "world">,
  issuer: string | undefined,
): Found[] {
  const names = namesOf(declared, issuer);
  const uses = usesOf(declared, catalog.access.apiRoles);
  return catalog.world.filter(({ kind, identity, about, opens }) => {
    if (kind === "issuer" && issuer === undefined) return false;
    if (names.has(identity) || (about !== null && names.has(about))) return false;
    return !uses.has(`${identity}: ${opens}`);
  });
}

/** Identities that are declared, whatever access they grant: the declaring resource compares them in full. */
function namesOf(declared: DeclaredWorld, issuer: string | undefined): Set<string> {
  const { roles, extensions, schemas, settings, defaultPrivileges, buckets, elsewhere } = declared;
  return new Set([
    ...namesIn("role", roles),
    ...namesIn("extension", extensions, elsewhere?.extensions),
    ...namesIn("schema", schemas, elsewhere?.schemas),
    ...Object.entries(settings ?? {}).flatMap(([role, values]) =>
      Object.keys(values).map((name) => `setting ${name} of ${role}`),
    ),
    ...(defaultPrivileges ?? []).flatMap(({ schema, on, revokeFrom }) =>
      revokeFrom.map((role) =>
        [`default privileges on ${on} of postgres`, schema && `in schema ${schema}`, `for ${role}`]
          .filter(Boolean)
          .join(" "),
      ),
    ),
    ...Object.entries(buckets ?? {}).map(
      ([name, bucket]) => `bucket ${name}${bucket.public === true ? " (public)" : ""}`,
    ),
    ...(elsewhere?.policies ?? []).map((table) => `policies of ${table}`),
    ...(issuer === undefined ? [] : [`issuer ${issuer}`]),
  ]);
}

function namesIn(
  kind: string,
  ...records: readonly (Readonly<Record<string, unknown>> | undefined)[]
): string[] {
  return records.flatMap((record) => Object.keys(record ?? {}).map((name) => `${kind} ${name}`));
}

/** Identities that are declared only with exactly this access. */
function usesOf(
  { memberships, schemas, elsewhere }: DeclaredWorld,
  apiRoles: readonly string[],
): Set<string> {
  const own = Object.values(schemas ?? {}).flatMap(({ usage }) => usage);
  return new Set([
    ...Object.entries(memberships ?? {}).flatMap(([member, roles]) =>
      roles.map((role) => `${membershipOf(member, role)}: ${member} may act as ${role}`),
    ),
    // The resource itself compares the usage of its schemas, for the roles that it manages.
    ...usage(schemas, () => [...apiRoles, ...own]),
    ...usage(elsewhere?.schemas, (of) => of),
  ]);
}

function usage(
  schemas: DeclaredWorld["schemas"],
  roles: (declared: readonly string[]) => readonly string[],
): string[] {
  return Object.entries(schemas ?? {}).flatMap(([schema, { usage }]) =>
    roles(usage).map((role) => `grant on schema ${schema} to ${role}: gives usage`),
  );
}

/** The identity of a membership. */
export function membershipOf(member: string, role: string): string {
  return `membership of ${member} in ${role}`;
}
