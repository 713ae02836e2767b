import type * as z from "zod";
import type { Account } from "../account.ts";
import type { Shown } from "../stored.ts";

/** What a request names: the decoded parameters and the ids of its path. */
interface Call<P> {
  readonly account: Account;
  readonly parameters: P;
  readonly id: string;
}

/** One operation of the API. It runs to its end without waiting, so that each is atomic. */
export interface Operation {
  readonly method: "get" | "post" | "delete";
  /** As Hono writes it: `/v1/customers/:id`. */
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
