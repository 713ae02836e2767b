import type { PropertyMap, PropertyValue } from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * A resource in a stack's state, with secrets decrypted and marked. Immutable.
 *
 * The names are those of Pulumi's checkpoint; see ./checkpoint.ts for the format of the file.
 */
export interface ResourceState {
  readonly urn: Urn;
  /** Whether a provider manages it; false for components and the stack. */
  readonly custom: boolean;
  /** Whether it is replaced and waits for its deletion. */
  readonly delete: boolean;
  /** Empty for components, and before the resource is created. */
  readonly id: string;
  readonly type: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly parent: Urn;
  readonly protect: boolean;
  /** Whether the stack only reads it and doesn't own it. */
  readonly external: boolean;
  readonly dependencies: readonly Urn[];
  readonly propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  /** Why its initialization failed; empty if it didn't. */
  readonly initErrors: readonly string[];
  /** `<urn>::<id>` of its provider; empty for components and providers. */
  readonly provider: string;
  /** Whether it is deleted and waits for its replacement. */
  readonly pendingReplacement: boolean;
  readonly additionalSecretOutputs: readonly string[];
  readonly retainOnDelete: boolean;
  readonly deletedWith: Urn;
  /** Resources whose replacement replaces it too. */
  readonly replaceWith: readonly Urn[];
  /** A value whose change replaces it; undefined for none. */
  readonly replacementTrigger: PropertyValue | undefined;
  /** The id by which it was imported, as long as the program specifies it; empty for created resources. */
  readonly importID: string;
  readonly customTimeouts: CustomTimeouts;
  readonly created: string | undefined;
  readonly modified: string | undefined;
  readonly sourcePosition: string;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** Properties whose changes aren't shown. */
  readonly hideDiff: readonly (readonly (string | number)[])[];
  /** Fields that this engine doesn't use, preserved for the Pulumi CLI. */
  readonly carried: Readonly<Record<string, unknown>>;
}

/** In seconds; 0 is the provider's default. */
export interface CustomTimeouts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

export const NO_TIMEOUTS: CustomTimeouts = { create: 0, update: 0, delete: 0 };

/** An operation that was begun and whose end isn't recorded. `resource` is the state at its beginning. */
export interface PendingOperation {
  readonly resource: ResourceState;
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}
