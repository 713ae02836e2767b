import { createHmac } from "node:crypto";
import * as z from "zod";
import type { Account } from "./account.ts";
import { AUTH_SETTINGS } from "./auth-settings.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { Project } from "./projects-state.ts";

const settable = [...AUTH_SETTINGS].filter(([, { fixed }]) => !fixed);
const PATH = "/v1/projects/{ref}/config/auth";

/** @see https://supabase.com/docs/reference/api/v1-update-auth-service-config */
export const authEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => authConfig(account, account.project(parameter("ref"))),
  }),
  endpoint({
    method: "PATCH",
    path: PATH,
    body: z.strictObject(Object.fromEntries(settable.map(([name, { schema }]) => [name, schema.optional()]))),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      const changes = Object.entries(body).map(([name, value]) => [name, stored(project, name, value)]);
      const config = { ...overrides(account, project), ...Object.fromEntries(changes) };
      account.documents<Overrides>("auth-config").put(project.ref, config);
      return authConfig(account, project);
    },
  }),
];

type Overrides = Record<string, unknown>;

function overrides(account: Account, project: Project): Overrides {
  return account.documents<Overrides>("auth-config").get(project.ref) ?? {};
}

function authConfig(account: Account, project: Project): Overrides {
  const defaults = [...AUTH_SETTINGS].map(([name, { initially }]) => [name, initially]);
  return { ...Object.fromEntries(defaults), ...overrides(account, project) };
}

/** Replaces a secret by the HMAC that the API returns, which the Supabase CLI compares with its own value. */
function stored(project: Project, name: string, value: unknown): unknown {
  if (AUTH_SETTINGS.get(name)?.secret !== true || typeof value !== "string" || value === "") return value;
  return createHmac("sha256", project.ref).update(value).digest("hex");
}
