import type * as z from "zod";
import type { Account } from "../account.ts";
import type { Shown } from "../stored.ts";

/** The decoded parameters and the id in the path of a request. */
interface Call<P> {
  readonly account: Account;
  readonly parameters: P;
  readonly id: string;
}

/** One API operation. It is synchronous and therefore atomic. */
export interface Operation {
  readonly method: "get" | "post" | "delete";
  /** In Hono's syntax: `/v1/customers/:id`. */
  readonly path: string;
  readonly parameters: z.ZodType;
  run(call: Call<unknown>): Shown;
}

export function operation<S extends z.ZodType>(
  method: Operation["method"],
  path: string,
  parameters: S,
  run: (call: Call<z.output<S>>) => object,
): Operation {
  return { method, path, parameters, run: run as Operation["run"] };
}

/** A kind of object: how one is shown by its id, and which of its fields `expand` opens. */
export interface Kind {
  /** Undefined when there is none with this id. */
  show(account: Account, id: string): object | undefined;
  /** By field, from the object on: the kind that the field's id names, or how the field is made. */
  readonly expands: Readonly<Record<string, string | ((account: Account, id: string) => unknown)>>;
}
