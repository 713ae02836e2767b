import type * as z from "zod";
import type { Account } from "../account.ts";
import type { Shown } from "../stored.ts";

/** The decoded parameters and the id in the path of a request. */
interface Call<P> {
  readonly account: Account;
  readonly parameters: P;
  readonly id: string;
}

/** An API operation. It is synchronous and therefore atomic. */
export interface Operation {
  readonly method: "get" | "post" | "delete";
  /** The path in Hono's syntax, such as `/v1/customers/:id`. */
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

/** An object type of the API. */
export interface Kind {
  /** Returns the object as the API does, or undefined if it doesn't exist. */
  show(account: Account, id: string): object | undefined;
  /** Expandable fields by path: the object type that the field's id refers to, or a function that returns the value. */
  readonly expands: Readonly<Record<string, string | ((account: Account, id: string) => unknown)>>;
}
