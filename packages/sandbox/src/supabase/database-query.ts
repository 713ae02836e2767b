import { messageOf } from "@tenantry/core/errors";
import pg from "pg";
import * as z from "zod";
import { scramVerifier } from "../scram.ts";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";
import type { Project } from "./projects-state.ts";

const query = z.string().min(1);
const parameters = z.array(z.unknown()).optional();

/** @see https://supabase.com/docs/reference/api/v1-run-a-query */
export const databaseEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "POST",
    path: "/v1/projects/{ref}/database/query",
    body: z.strictObject({ query, parameters, read_only: z.boolean().optional() }),
    status: 201,
    handle: ({ account, parameter, body }) => {
      const role = body.read_only === true ? "supabase_read_only_user" : "postgres";
      return run(account, account.project(parameter("ref")), role, body.query, body.parameters);
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/projects/{ref}/database/query/read-only",
    body: z.strictObject({ query, parameters }),
    status: 201,
    handle: ({ account, parameter, body }) =>
      run(account, account.project(parameter("ref")), "supabase_read_only_user", body.query, body.parameters),
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/projects/{ref}/database/password",
    body: z.strictObject({ password: z.string().min(4) }),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      account.projects.put(project.ref, { ...project, databasePassword: scramVerifier(body.password) });
      return { message: "Successfully updated password" };
    },
  }),
];

type Role = "postgres" | "supabase_read_only_user";

/** Runs the SQL as one simple query, so that several statements form one transaction. Returns the last statement's rows. */
async function run(
  account: Account,
  project: Project,
  role: Role,
  text: string,
  values: unknown[] | undefined,
): Promise<unknown> {
  account.requireDatabase(project);
  const lease = await account.servers.use(project.ref);
  const client = new pg.Client({
    host: "127.0.0.1",
    port: lease.port,
    user: role,
    password: lease.password.reveal(),
    database: "postgres",
    options: role === "postgres" ? "" : "-c default_transaction_read_only=on",
    types: { getTypeParser: ((oid: number) => parser(oid)) as typeof pg.types.getTypeParser },
  });
  // The server may stop during the query, for example if the project is paused. The query itself reports the error.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const results = await (values === undefined ? client.query(text) : client.query(text, values));
    const last: pg.QueryResult = Array.isArray(results) ? results.at(-1) : results;
    return last.rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError)
      throw new ApiError(400, `Failed to run sql query: ${told(error, text)}`);
    throw new ApiError(544, messageOf(error));
  } finally {
    await client.end();
    lease.release();
  }
}

const { builtins } = pg.types;
/** Types whose values are returned as PostgreSQL's text. */
const AS_TEXT: readonly number[] = [
  builtins.DATE,
  builtins.INTERVAL,
  builtins.TIMESTAMP,
  builtins.TIMESTAMPTZ,
];

/** Converts values to JSON as Supabase does. A bigint becomes a number if JavaScript can represent it exactly. */
function parser(oid: number): (text: string) => unknown {
  if (AS_TEXT.includes(oid)) return (text) => text;
  if (oid === builtins.INT8) {
    return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
  }
  return pg.types.getTypeParser(oid, "text");
}

/** Formats an error like psql, with the SQLSTATE. */
function told(error: pg.DatabaseError, text: string): string {
  const lines = [`${error.severity}:  ${error.code}: ${error.message}`];
  if (error.position !== undefined) lines.push(...pointedAt(text, Number(error.position)));
  if (error.detail !== undefined) lines.push(`DETAIL:  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT:  ${error.hint}`);
  if (error.internalQuery !== undefined) lines.push(`QUERY:  ${error.internalQuery}`);
  if (error.where !== undefined) lines.push(`CONTEXT:  ${error.where}`);
  return `${lines.join("\n")}\n`;
}

function pointedAt(text: string, position: number): string[] {
  const before = text.slice(0, position - 1);
  const number = before.split("\n").length;
  const start = before.lastIndexOf("\n") + 1;
  const line = text.slice(start).split("\n")[0] ?? "";
  const label = `LINE ${number}: `;
  return [label + line, `${" ".repeat(label.length + position - 1 - start)}^`];
}
