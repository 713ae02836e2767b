import type * as z from "zod";
import type { Account } from "./account.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One route of the Management API. Parameters and properties that it doesn't name are refused. */
export interface Endpoint {
  readonly method: Method;
  /** As in the published description: `/v1/projects/{ref}/health`. */
  readonly path: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Of an answer that went well; 200 where absent. */
  readonly status?: number;
  /** Gives the answer's body; undefined for an empty one. @throws ApiError */
  readonly handle: (call: Call<unknown, unknown>) => unknown;
}

export interface Call<Query, Body> {
  readonly account: Account;
  /** A part of the path. */
  readonly parameter: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
}

/** An endpoint whose handler gets parsed input. */
export function endpoint<Query = undefined, Body = undefined>(definition: {
  method: Method;
  path: string;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  status?: number;
  handle: (call: Call<Query, Body>) => unknown;
}): Endpoint {
  return definition as Endpoint;
}
