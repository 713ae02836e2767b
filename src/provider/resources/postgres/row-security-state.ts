import type * as z from "zod";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import type { RowSecuritySpecification } from "../../../vendors/postgres/scripts/secure-rows.ts";
import { sameNames } from "./found.ts";
import type { rowSecurityInputs } from "./row-security-inputs.ts";

type Inputs = z.infer<typeof rowSecurityInputs>;
type Functions = Inputs["functions"];
type Tables = Inputs["tables"];
type Policy = NonNullable<Tables[string]["policies"]>[string];
type Digests = Readonly<Record<string, string>>;

/** A signature in PostgreSQL's format: no space after a comma. */
export function canonical(signature: string): string {
  return signature.replaceAll(/,\s+/g, ",");
}

/** Every role that the declaration grants a privilege. */
export function rolesNamed({ functions, tables }: Inputs): string[] {
  const executors = Object.values(functions).flatMap(({ execute }) => execute);
  const grantees = Object.values(tables).flatMap(({ grants }) => Object.keys(grants ?? {}));
  return [...new Set([...executors, ...grantees])];
}

/**
 * The input of the script that writes row security.
 *
 * @param prior the recorded state. An unchanged definition carries its recorded digest, so that the script can skip it
 */
export function specified(
  inputs: Inputs,
  prior: { readonly inputs: Inputs; readonly outputs: { readonly deparsed: Digests } } | undefined,
): RowSecuritySpecification {
  const functions = Object.entries(inputs.functions).map(([signature, { definition, owner, execute }]) => {
    const same = prior !== undefined && prior.inputs.functions[signature]?.definition === definition;
    const recorded = same ? prior.outputs.deparsed[functionKey(signature)] : undefined;
    return [canonical(signature), { definition, owner, execute, recorded }] as const;
  });
  const tables = Object.entries(inputs.tables).map(([table, { grants, policies = {} }]) => {
    const specifications = Object.entries(policies).map(([name, policy]) => {
      const same = samePolicy(prior?.inputs.tables[table]?.policies?.[name], policy);
      const recorded = same ? prior?.outputs.deparsed[policyKey(table, name)] : undefined;
      return [name, { ...policy, as: policy.as ?? "permissive", recorded }] as const;
    });
    const byColumn =
      grants && Object.fromEntries(Object.entries(grants).map(([role, it]) => [role, split(it)]));
    return [table, { grants: byColumn, policies: Object.fromEntries(specifications) }] as const;
  });
  return {
    functions: Object.fromEntries(functions),
    tables: Object.fromEntries(tables),
    formerly: prior === undefined ? [] : rolesNamed(prior.inputs),
  };
}

/** The digest of each definition and policy as PostgreSQL deparses it. */
export function deparsed({ functions, tables }: Inputs, catalog: Catalog): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const [signature, { definition }] of Object.entries(functions)) {
    const existing = catalog.functions[canonical(signature)];
    if (existing !== undefined && definition !== undefined) digests[functionKey(signature)] = existing.digest;
  }
  for (const [table, { policies = {} }] of Object.entries(tables))
    for (const name of Object.keys(policies)) {
      const existing = catalog.relations[table]?.policies[name];
      if (existing !== undefined) digests[policyKey(table, name)] = existing.digest;
    }
  return digests;
}

/**
 * The declared inputs with their live values. Unchanged definitions keep the declared text, changed ones have PostgreSQL's
 * deparsed text, and undeclared access is added.
 *
 * @param recorded the digests after the last update
 */
export function found(declared: Inputs, recorded: Digests, catalog: Catalog): Inputs {
  const managed = new Set([...catalog.access.apiRoles, ...rolesNamed(declared)]);
  const scope = new Scope(declared, managed);
  return {
    project: declared.project,
    functions: {
      ...foundFunctions(declared.functions, recorded, catalog, managed),
      ...openFunctions(scope, catalog),
    },
    tables: {
      ...foundTables(declared.tables, recorded, catalog, managed),
      ...openTables(scope, catalog),
    },
  };
}

function foundFunctions(
  declared: Functions,
  recorded: Digests,
  catalog: Catalog,
  managed: ReadonlySet<string>,
): Functions {
  const functions: Functions = {};
  for (const [signature, { definition, owner, execute }] of Object.entries(declared)) {
    const existing = catalog.functions[canonical(signature)];
    if (existing === undefined) continue;
    const same = recorded[functionKey(signature)] === existing.digest;
    const ownerToday = existing.owner === (owner ?? DEFAULT_OWNER) ? owner : existing.owner;
    functions[signature] = {
      ...(definition !== undefined && { definition: same ? definition : existing.definition }),
      ...(ownerToday !== undefined && { owner: ownerToday }),
      execute: sameNames(
        execute,
        existing.execute.filter((role) => managed.has(role)),
      ),
    };
  }
  return functions;
}

function foundTables(
  declared: Tables,
  recorded: Digests,
  catalog: Catalog,
  managed: ReadonlySet<string>,
): Tables {
  const tables: Tables = {};
  for (const [table, { grants, policies }] of Object.entries(declared)) {
    const existing = catalog.relations[table];
    if (existing === undefined) continue;
    const foundPolicies = Object.fromEntries(
      Object.entries(existing.policies).map(([name, policy]) => {
        const declared = policies?.[name];
        const same = declared !== undefined && recorded[policyKey(table, name)] === policy.digest;
        return [name, same ? declared : fromCatalog(policy)];
      }),
    );
    tables[table] = {
      ...(grants !== undefined && { grants: foundGrants(grants, existing.grants, managed) }),
      ...((policies !== undefined || Object.keys(foundPolicies).length > 0) && { policies: foundPolicies }),
      ...(existing.kind === "table" && !existing.rowSecurity && { open: true as const }),
    };
  }
  return tables;
}

type Grants = Record<string, string[]>;

/** A role that is declared without privileges keeps its entry. */
function foundGrants(declared: Grants, existing: Grants, managed: ReadonlySet<string>): Grants {
  const roles = new Set([...Object.keys(declared), ...Object.keys(existing)]);
  const grants: Grants = {};
  for (const role of roles) {
    const today = existing[role] ?? [];
    const privileges = declared[role];
    if (!managed.has(role) || (privileges === undefined && today.length === 0)) continue;
    const same = privileges !== undefined && sameSet(split(privileges), today);
    grants[role] = [...(same ? privileges : today)];
  }
  return grants;
}

/** Undeclared functions that API roles can call, and functions that tenantry created and no longer declares. */
function openFunctions(scope: Scope, catalog: Catalog): Functions {
  const functions: Functions = {};
  for (const [signature, it] of Object.entries(catalog.functions)) {
    if (scope.declaresFunction(signature) || !scope.covers(signature, it.owner)) continue;
    const execute = it.execute.filter((role) => scope.managed.has(role));
    if (it.branded) functions[signature] = { definition: it.definition, execute };
    else if (execute.length > 0) functions[signature] = { execute };
  }
  return functions;
}

/** Undeclared tables and views that are open to API roles. */
function openTables(scope: Scope, catalog: Catalog): Tables {
  const tables: Tables = {};
  for (const [name, it] of Object.entries(catalog.relations)) {
    if (scope.declaresTable(name) || !scope.covers(name, it.owner)) continue;
    const grants = foundGrants({}, it.grants, scope.managed);
    const open = it.kind === "table" && !it.rowSecurity;
    if (open || Object.keys(grants).length > 0) tables[name] = { grants, ...(open && { open }) };
  }
  return tables;
}

const DEFAULT_OWNER = "postgres";

/** The objects that the declaration manages beyond those it names: those of tenantry's owners in the schemas that it names. */
class Scope {
  readonly managed: ReadonlySet<string>;
  readonly #functions: ReadonlySet<string>;
  readonly #tables: ReadonlySet<string>;
  readonly #schemas: ReadonlySet<string>;
  readonly #owners: ReadonlySet<string>;

  constructor({ functions, tables }: Inputs, managed: ReadonlySet<string>) {
    this.managed = managed;
    this.#functions = new Set(Object.keys(functions).map(canonical));
    this.#tables = new Set(Object.keys(tables));
    this.#schemas = new Set([...this.#functions, ...this.#tables].map(schemaOf));
    this.#owners = new Set([DEFAULT_OWNER, ...Object.values(functions).flatMap(({ owner }) => owner ?? [])]);
  }

  declaresFunction(signature: string): boolean {
    return this.#functions.has(signature);
  }

  declaresTable(name: string): boolean {
    return this.#tables.has(name);
  }

  covers(name: string, owner: string): boolean {
    return this.#schemas.has(schemaOf(name)) && this.#owners.has(owner);
  }
}

function schemaOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

function fromCatalog(policy: Catalog["relations"][string]["policies"][string]): Policy {
  return {
    ...(policy.as === "restrictive" && { as: policy.as }),
    for: policy.for,
    to: policy.to,
    ...(policy.using !== null && { using: policy.using }),
    ...(policy.check !== null && { check: policy.check }),
  };
}

function samePolicy(a: Policy | undefined, b: Policy): boolean {
  if (a === undefined) return false;
  const { as: asA = "permissive", to: toA, ...restA } = a;
  const { as: asB = "permissive", to: toB, ...restB } = b;
  return (
    asA === asB &&
    sameSet(toA, toB) &&
    restA.for === restB.for &&
    restA.using === restB.using &&
    restA.check === restB.check
  );
}

/** Splits privileges on several columns: `update(a, b)` becomes `update(a)` and `update(b)`. */
export function split(privileges: readonly string[]): string[] {
  return privileges.flatMap((privilege) => {
    const [, word, columns] = /^(\w+)\s*\((.*)\)$/.exec(privilege) ?? [];
    if (word === undefined || columns === undefined) return [privilege];
    return columns.split(",").map((column) => `${word}(${column.trim()})`);
  });
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function functionKey(signature: string): string {
  return `function ${canonical(signature)}`;
}

function policyKey(table: string, name: string): string {
  return `policy ${name} on ${table}`;
}
