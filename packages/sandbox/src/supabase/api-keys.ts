import { createHash, createHmac, randomUUID } from "node:crypto";
import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";
import { randomToken } from "./identifiers.ts";
import type { Project } from "./projects-state.ts";

interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly type: "legacy" | "publishable" | "secret";
  readonly value: string;
  readonly description: string | null;
  readonly template: Record<string, unknown> | null;
  readonly insertedAt: string;
  readonly updatedAt: string;
}

const revealing = z.strictObject({ reveal: z.stringbool().default(false) });
const template = z.record(z.string(), z.unknown()).nullish();
const keyName = z
  .string()
  .min(4)
  .max(64)
  .regex(/^[a-z_][a-z0-9_]+$/);
const PATH = "/v1/projects/{ref}/api-keys";

/** @see https://supabase.com/docs/reference/api/v1-get-project-api-keys */
export const apiKeyEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    query: revealing,
    handle: ({ account, parameter, query }) =>
      keysOf(account, account.project(parameter("ref"))).map((key) => shown(key, query.reveal)),
  }),
  endpoint({
    method: "POST",
    path: PATH,
    query: revealing,
    body: z.strictObject({
      type: z.enum(["publishable", "secret"]),
      name: keyName,
      description: z.string().nullish(),
      secret_jwt_template: template,
    }),
    status: 201,
    handle: ({ account, parameter, query, body }) => {
      const project = account.project(parameter("ref"));
      const key = newKey(
        account,
        body.type,
        body.name,
        body.description ?? null,
        body.secret_jwt_template ?? null,
      );
      return shown(put(account, project, key), query.reveal);
    },
  }),
  endpoint({
    method: "GET",
    path: `${PATH}/legacy`,
    handle: ({ account, parameter }) => ({
      enabled: legacyEnabled(account, account.project(parameter("ref"))),
    }),
  }),
  endpoint({
    method: "PUT",
    path: `${PATH}/legacy`,
    query: z.strictObject({ enabled: z.stringbool() }),
    handle: ({ account, parameter, query }) => {
      const { ref } = account.project(parameter("ref"));
      return account.documents<{ enabled: boolean }>("legacy-keys").put(ref, { enabled: query.enabled });
    },
  }),
  endpoint({
    method: "GET",
    path: `${PATH}/{id}`,
    query: revealing,
    handle: ({ account, parameter, query }) =>
      shown(find(account, account.project(parameter("ref")), parameter("id")), query.reveal),
  }),
  endpoint({
    method: "PATCH",
    path: `${PATH}/{id}`,
    query: revealing,
    body: z.strictObject({
      name: keyName.optional(),
      description: z.string().nullish(),
      secret_jwt_template: template,
    }),
    handle: ({ account, parameter, query, body }) => {
      const project = account.project(parameter("ref"));
      const key = find(account, project, parameter("id"));
      const changed: ApiKey = {
        ...key,
        name: body.name ?? key.name,
        description: body.description === undefined ? key.description : body.description,
        template: body.secret_jwt_template === undefined ? key.template : body.secret_jwt_template,
        updatedAt: new Date(account.now()).toISOString(),
      };
      return shown(put(account, project, changed), query.reveal);
    },
  }),
  endpoint({
    method: "DELETE",
    path: `${PATH}/{id}`,
    query: z.strictObject({
      reveal: z.stringbool().default(false),
      was_compromised: z.stringbool().optional(),
      reason: z.string().optional(),
    }),
    handle: ({ account, parameter, query }) => {
      const project = account.project(parameter("ref"));
      const key = find(account, project, parameter("id"));
      account.documents<ApiKey>("api-keys").delete(`${project.ref}/${key.id}`);
      return shown(key, query.reveal);
    },
  }),
];

/** Creates the keys that every new project has. */
export function createDefaultKeys(account: Account, project: Project): void {
  put(account, project, newKey(account, "publishable", "default", null, null));
  put(account, project, newKey(account, "secret", "default", null, { role: "service_role" }));
}

function newKey(
  account: Account,
  type: "publishable" | "secret",
  name: string,
  description: string | null,
  jwtTemplate: Record<string, unknown> | null,
): ApiKey {
  const at = new Date(account.now()).toISOString();
  const value = `sb_${type}_${randomToken(17).slice(0, 22)}_${randomToken(6).slice(0, 8)}`;
  return {
    id: randomUUID(),
    name,
    type,
    value,
    description,
    template: jwtTemplate,
    insertedAt: at,
    updatedAt: at,
  };
}

function put(account: Account, project: Project, key: ApiKey): ApiKey {
  return account.documents<ApiKey>("api-keys").put(`${project.ref}/${key.id}`, key);
}

function find(account: Account, project: Project, id: string): ApiKey {
  const key = account.documents<ApiKey>("api-keys").get(`${project.ref}/${id}`);
  if (key === undefined) throw new ApiError(404, "API key not found");
  return key;
}

function keysOf(account: Account, project: Project): ApiKey[] {
  const own = account.documents<ApiKey>("api-keys").under(`${project.ref}/`);
  if (!legacyEnabled(account, project)) return own;
  return [legacyKey(project, "anon"), legacyKey(project, "service_role"), ...own];
}

function legacyEnabled(account: Account, project: Project): boolean {
  return account.documents<{ enabled: boolean }>("legacy-keys").get(project.ref)?.enabled ?? true;
}

function legacyKey(project: Project, role: "anon" | "service_role"): ApiKey {
  const issuedAt = Math.floor(Date.parse(project.createdAt) / 1000);
  const tenYears = 10 * 365 * 86_400;
  const payload = { iss: "supabase", ref: project.ref, role, iat: issuedAt, exp: issuedAt + tenYears };
  const value = signJwt(payload, project.jwtSecret);
  const at = project.createdAt;
  const description = `Legacy ${role} API key`;
  return {
    id: role,
    name: role,
    type: "legacy",
    value,
    description,
    template: null,
    insertedAt: at,
    updatedAt: at,
  };
}

function signJwt(payload: object, secret: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Shows a key as the API does. A secret key is masked if `reveal` is false. Other keys are never masked. */
function shown(key: ApiKey, reveal: boolean): object {
  const prefix =
    key.type === "legacy" ? key.value.slice(-5) : key.value.slice(0, `sb_${key.type}_`.length + 5);
  const masked = key.type === "secret" && !reveal;
  const common = {
    id: key.id,
    name: key.name,
    type: key.type,
    api_key: masked ? `${prefix}${"·".repeat(18)}` : key.value,
    description: key.description,
    hash: createHash("sha256").update(key.value).digest("base64url"),
    prefix,
  };
  if (key.type === "legacy") return common;
  const times = { inserted_at: key.insertedAt, updated_at: key.updatedAt };
  return { ...common, secret_jwt_template: key.template, ...times };
}
