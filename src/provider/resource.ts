import type * as z from "zod";
import type { RootSecrets } from "../shared/root-secret.ts";
import type { Context } from "../vendors/connections.ts";

/**
 * One resource type: its schema, its doc and its life, in one file each.
 *
 * Life is observe, ensure, sync, return: there is no branch on "create or update". `ensure` looks at the world first,
 * writes only what differs from the inputs, and may be repeated after a crash at any point.
 */
export interface Resource<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  /** Module and name; the Pulumi token is `tenantry:<type>`, as `tenantry:supabase:Project`. */
  readonly type: `${"supabase" | "postgres" | "stripe" | "directory"}:${string}`;
  /** One line of what it is, then what it owns and leaves alone. Served in the schema. */
  readonly description: string;
  /** Every field has a `.describe()`; a secret one is marked by `secret()` of ./schema.ts. Unknown keys are refused. */
  readonly inputs: I;
  /** What is known after it exists. Inputs are always part of the state too; they need no repeating here. */
  readonly outputs: O;
  /** Inputs whose change makes another resource. */
  readonly replaceOn: readonly (keyof z.infer<I> & string)[];
  /** Output keys that keep their value through every update. */
  readonly stable: readonly (keyof z.infer<O> & string)[];
  /**
   * Outputs that change while nobody changes a declaration, as time passes or a customer pays. Every run looks at them, by
   * {@link observe}, and a change of one is an update.
   */
  readonly watchedOutputs?: readonly (keyof z.infer<O> & string)[];
  /** Checks across fields; one message each, naming the property. */
  validate?(inputs: z.infer<I>): readonly { readonly property: string; readonly reason: string }[];
  /** Checks between what was recorded and what is declared now, as {@link validate}; both have passed that. */
  validateChange?(
    before: z.infer<I>,
    after: z.infer<I>,
  ): readonly { readonly property: string; readonly reason: string }[];
  /**
   * Refuses a change in its preview for what the world holds, before anything is written for it.
   *
   * @param after what is known of it: what comes from something that is still to change is absent
   * @throws UserError when a run would be refused, or what it makes would not fit
   */
  preflight?(context: Context, before: z.infer<I>, after: Partial<z.infer<I>>): Promise<void>;
  /** Looks; changes nothing. Undefined when it is gone. The inputs are as they are found, in the inputs' own shape. */
  observe(
    context: Context,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> },
  ): Promise<{ readonly inputs: z.infer<I>; readonly outputs: z.infer<O> } | undefined>;
  /**
   * Makes the world what the inputs say.
   *
   * @param prior what an earlier run recorded; undefined on the first, which may still meet what a killed run left
   * @throws PartialError when something exists that must not be forgotten, but is not finished
   */
  ensure(
    context: Context,
    inputs: z.infer<I>,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> } | undefined,
  ): Promise<{ readonly id: string; readonly outputs: z.infer<O> }>;
  /** Takes it away; already gone is success. */
  remove(
    context: Context,
    prior: { readonly id: string; readonly inputs: z.infer<I>; readonly outputs: z.infer<O> },
  ): Promise<void>;
  /**
   * Whether it will stay as it is unless someone changes what is declared. A stack with something that waits, as for a
   * payment, is looked at by every run. Always unless said.
   */
  isSettled?(outputs: Readonly<Record<string, unknown>>): boolean;
  /** ISO 8601: when it moves by itself, and a run looks at it again; undefined: never. */
  nextChangeAt?(outputs: Readonly<Record<string, unknown>>): string | undefined;
  /** Outputs that are known before anything is made; the others are unknown in a preview. */
  previewOutputs?(
    inputs: z.infer<I>,
    prior: z.infer<O> | undefined,
    roots: () => RootSecrets,
  ): Partial<z.infer<O>>;
  /**
   * Whether something of it is derived from the root secret now. It then has the output `derivedFrom`, and another root
   * secret is an update. Never unless said.
   */
  derives?(inputs: z.infer<I>): boolean;
}

/** The resource exists but isn't finished; the engine keeps it and the next run goes on with it. */
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
