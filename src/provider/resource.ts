import type * as z from "zod";
import type { RootSecrets } from "../shared/root-secret.ts";
import type { Context } from "../vendors/connections.ts";

/**
 * A resource type: its schema, documentation and operations.
 *
 * `ensure` has no separate branches for "create" and "update". It reads the live state, writes only what differs from the
 * inputs, and can be repeated after a crash at any point.
 */
export interface Resource<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  /** Module and name. The Pulumi token is `tenantry:<type>`, for example `tenantry:supabase:Project`. */
  readonly type: `${"supabase" | "postgres" | "stripe" | "control-plane"}:${string}`;
  /** One sentence that says what it is, then what it owns and what it leaves alone. Part of the provider's schema. */
  readonly description: string;
  /** Each field has a `.describe()`; `secret()` of runtime/schema.ts marks a secret. Unknown keys are refused. */
  readonly inputs: I;
  /** The values known once it exists. The state always contains the inputs as well; don't repeat them here. */
  readonly outputs: O;
  /** Inputs whose change forces a replacement. */
  readonly replaceOn: readonly (keyof z.infer<I> & string)[];
  /** Outputs that never change in an update. */
  readonly stable: readonly (keyof z.infer<O> & string)[];
  /**
   * Outputs that change without a change of the inputs, for example when time passes or a customer pays. Every run reads
   * them with {@link observe}; a changed value is an update.
   */
  readonly watchedOutputs?: readonly (keyof z.infer<O> & string)[];
  /** Checks across fields. Each problem names its property. */
  validate?(inputs: z.infer<I>): readonly { readonly property: string; readonly reason: string }[];
  /**
   * Completes the declared inputs with recorded ones, where the manifest leaves a collection out: see `unmanaged.ts`. Both are
   * unchecked.
   */
  keepUnmanaged?(
    before: Readonly<Record<string, unknown>>,
    after: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>>;
  /** Checks the change from the recorded to the declared inputs. Both have passed {@link validate}. */
  validateChange?(
    before: z.infer<I>,
    after: z.infer<I>,
  ): readonly { readonly property: string; readonly reason: string }[];
  /**
   * Replaces inputs that are unknown in a preview by the recorded ones, where these can be assumed to be unchanged. Default:
   * an unknown input counts as changed.
   */
  assumeRecorded?(
    before: Readonly<Record<string, unknown>>,
    after: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>>;
  /**
   * Checks during a preview whether the live state allows a change.
   *
   * @param after the inputs that are known; those that depend on a pending change are absent
   * @throws UserError if the run would be refused, or would exceed a limit
   */
  preflight?(context: Context, before: z.infer<I>, after: Partial<z.infer<I>>): Promise<void>;
  /** Reads the live state and changes nothing. Returns it in the shape of the inputs, or undefined if it is gone. */
  observe(
    context: Context,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> },
  ): Promise<{ readonly inputs: z.infer<I>; readonly outputs: z.infer<O> } | undefined>;
  /**
   * Makes the live state match the inputs.
   *
   * @param prior the recorded state. Undefined in the first run, which may still find what an interrupted run created
   * @throws PartialError if the resource exists, and must be recorded, but is incomplete
   */
  ensure(
    context: Context,
    inputs: z.infer<I>,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> } | undefined,
  ): Promise<{ readonly id: string; readonly outputs: z.infer<O> }>;
  /** Removes it. "Already gone" is success. */
  remove(
    context: Context,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> },
  ): Promise<void>;
  /**
   * Whether it changes only when its inputs change. A stack with a resource that isn't settled, for example one that waits
   * for a payment, is never skipped. Default: always settled.
   */
  isSettled?(outputs: Readonly<Record<string, unknown>>): boolean;
  /** The time (ISO 8601) at which it changes without a change of its inputs, so that a run must check it. Default: never. */
  nextChangeAt?(outputs: Readonly<Record<string, unknown>>): string | undefined;
  /** The outputs that are known before the change is applied. The others are unknown in a preview. */
  previewOutputs?(
    inputs: z.infer<I>,
    prior: z.infer<O> | undefined,
    roots: () => RootSecrets,
  ): Partial<z.infer<O>>;
  /**
   * Whether any of its values is derived from the root secret. If so, it has the output `derivedFrom`, and a new root secret
   * is an update. Default: never.
   */
  derives?(inputs: z.infer<I>): boolean;
}

/** The resource exists but is incomplete. The engine records it, and the next run completes it. */
export class PartialError extends Error {
  override readonly name = "PartialError";
  readonly id: string;
  readonly outputs: Readonly<Record<string, unknown>>;

  constructor(id: string, outputs: Readonly<Record<string, unknown>>, cause: Error) {
    super(cause.message, { cause });
    this.id = id;
    this.outputs = outputs;
  }
}
