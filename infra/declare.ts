import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "@tenantry/core/secret";
import type { InputsOf, OutputsOf, ResourceType } from "../src/provider/registry.ts";
import { formerAlias } from "../src/shared/type-token.ts";

/** An input value: any part of it may be an output, and a secret is a string. */
export type Input<T> = pulumi.Input<
  T extends Secret ? string : T extends object ? { [K in keyof T]: Input<T[K]> } : T
>;

/** An output's value. Its secrets are plain strings, because the whole output is a Pulumi secret. */
type Plain<T> = T extends Secret ? string : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;

class TenantryResource extends pulumi.CustomResource {}

/** A declared resource of the `tenantry` provider, with the outputs that the program reads. */
export type Declared<T extends ResourceType, K extends keyof OutputsOf<T> = never> = pulumi.CustomResource & {
  readonly [P in K]: pulumi.Output<Plain<OutputsOf<T>[P]>>;
};

/**
 * Declares a resource of the `tenantry` provider.
 *
 * @param type module and name: `supabase:Project`. Determines the inputs and outputs
 * @param outputs the names of the outputs that the program reads
 */
export function declare<T extends ResourceType, K extends keyof OutputsOf<T> & string = never>(
  type: T,
  name: string,
  inputs: { [P in keyof InputsOf<T>]: Input<InputsOf<T>[P]> },
  options: pulumi.CustomResourceOptions,
  outputs: readonly K[] = [],
): Declared<T, K> {
  const unset = Object.fromEntries(outputs.map((output) => [output, undefined]));
  const former = formerAlias(type, name);
  const aliases = [...(options.aliases ?? []), ...(former === undefined ? [] : [former])];
  return new TenantryResource(
    `tenantry:${type}`,
    name,
    { ...unset, ...inputs },
    { ...options, aliases },
  ) as Declared<T, K>;
}
