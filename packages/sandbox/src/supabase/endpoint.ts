import type * as z from "zod";
import type { Account } from "./account.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A route of the Management API. It refuses unknown query parameters and properties. */
export interface Endpoint {
  readonly method: Method;
  /** The path as in Supabase's specification, such as `/v1/projects/{ref}/health`. */
  readonly path: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The status of a successful response. Default 200. */
  readonly status?: number;
  /** Returns the response body, or undefined for an empty one. @throws ApiError for an error response */
  readonly handle: (call: Call<unknown, unknown>) => unknown;
}

export interface Call<Query, Body> {
  readonly account: Account;
  /** Returns a path parameter. */
  readonly parameter: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
}

/** Defines an endpoint. Its handler receives the parsed query and body. */
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
