import type { PropertyMap, PropertyValue } from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * A resource as a stack's state keeps it, secrets in clear and marked. Never changed in place.
 *
 * The names are those of Pulumi's checkpoint; see ./checkpoint.ts for the file's form.
 */
export interface ResourceState {
  readonly urn: Urn;
  /** A provider manages it; false for components and the stack. */
  readonly custom: boolean;
  /** Replaced, and waiting to be deleted. */
  readonly delete: boolean;
  /** Empty for components, and until it is made. */
  readonly id: string;
  readonly type: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly parent: Urn;
  readonly protect: boolean;
  /** Read, not owned. */
  readonly external: boolean;
  readonly dependencies: readonly Urn[];
  readonly propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  /** Why it isn't finished; empty when it is. */
  readonly initErrors: readonly string[];
  /** `<urn>::<id>` of its provider; empty for components and providers. */
  readonly provider: string;
  /** Deleted, and waiting to be made again. */
  readonly pendingReplacement: boolean;
  readonly additionalSecretOutputs: readonly string[];
  readonly retainOnDelete: boolean;
  readonly deletedWith: Urn;
  /** Resources with which it is replaced. */
  readonly replaceWith: readonly Urn[];
  /** A change of this value replaces it; undefined for none. */
  readonly replacementTrigger: PropertyValue | undefined;
  /** The id by which it was taken over, while the program says so; empty for what was made. */
  readonly importID: string;
  readonly customTimeouts: CustomTimeouts;
  readonly created: string | undefined;
  readonly modified: string | undefined;
  readonly sourcePosition: string;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** Properties whose changes are not shown. */
  readonly hideDiff: readonly (readonly (string | number)[])[];
  /** What another engine wrote and this one only carries: kept as it was. */
  readonly carried: Readonly<Record<string, unknown>>;
}

/** Seconds; 0 is the provider's own default. */
export interface CustomTimeouts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

export const NO_TIMEOUTS: CustomTimeouts = { create: 0, update: 0, delete: 0 };

/** An operation that was begun and whose end nobody saw. `resource` is what it was begun with. */
export interface PendingOperation {
  readonly resource: ResourceState;
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}
