import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ENDPOINTS } from "../../src/supabase/app.ts";
import { until } from "../local-sandbox.ts";
import { type ManagementApi, managementApi } from "./management-api.ts";

/** Supabase's specification of its Management API. It isn't part of this repository. */
const FILE = join(import.meta.dirname, "../../../../../shared/specs/supabase-management-v1.openapi.json");

interface Schema {
  readonly $ref?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly required?: readonly string[];
}
interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean }[];
  readonly requestBody?: { content: { "application/json"?: { schema: Schema } } };
  readonly responses: Record<string, { content?: { "application/json"?: { schema: Schema } } }>;
}
interface Specification {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Schema> };
}

if (!existsSync(FILE)) {
  test("the comparison with the published schema is skipped, because the file doesn't exist", () => {
    expect(ENDPOINTS.length).toBeGreaterThan(0);
  });
} else {
  compare(JSON.parse(readFileSync(FILE, "utf8"), asJsonSchema) as Specification);
}

/** Converts OpenAPI 3.0's `nullable` to JSON Schema. Without a type, any value is valid. An enumeration needs null as a value. */
function asJsonSchema(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("nullable" in value)) return value;
  const { nullable, ...schema } = value as { nullable: unknown; type?: unknown; enum?: unknown[] };
  if (schema.type === undefined) return schema;
  return { ...schema, nullable, ...(schema.enum === undefined ? {} : { enum: [...schema.enum, null] }) };
}

function compare(specification: Specification): void {
  const operationOf = (method: string, path: string): Operation | undefined =>
    specification.paths[path]?.[method.toLowerCase()];
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : (specification.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});

  describe.each(ENDPOINTS.map((one) => [one.method, one.path, one] as const))(
    "%s %s",
    (method, path, endpoint) => {
      const operation = operationOf(method, path);

      test("is published with its status", () => {
        expect(Object.keys(operation?.responses ?? {})).toContain(String(endpoint.status ?? 200));
      });

      test("accepts exactly the published parameters", () => {
        const published = (operation?.parameters ?? []).filter((one) => one.in === "query");
        const query = propertiesOf(endpoint.query);
        expect([...query.names].sort()).toEqual(published.map(({ name }) => name).sort());
        expect(query.required).toEqual(published.filter(({ required }) => required).map(({ name }) => name));
      });

      test("accepts exactly the published properties", () => {
        const published = resolved(operation?.requestBody?.content["application/json"]?.schema ?? {});
        const item = resolved(published.items ?? published);
        const body = propertiesOf(endpoint.body);
        expect([...body.names].sort()).toEqual(Object.keys(item.properties ?? {}).sort());
        expect([...body.required].sort()).toEqual([...(item.required ?? [])].sort());
      });
    },
  );

  describe("responses", () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema({ $id: "spec", components: specification.components });
    let api: ManagementApi;
    let ref: string;
    const tried = new Set<string>();

    /** Sends a request and validates the response against the published schema of its path. */
    async function answer(method: string, path: string, example: string, body?: unknown): Promise<unknown> {
      const response = await api.call(method, example, body);
      const text = await response.text();
      const { schema } =
        operationOf(method, path)?.responses[response.status]?.content?.["application/json"] ?? {};
      expect([response.status, text === "" ? undefined : text.slice(0, 200)]).toEqual([
        expect.toSatisfy((status: number) => status >= 200 && status < 300),
        // A response has a body if its schema is published. Only a query's rows have no schema.
        schema === undefined && !path.includes("/database/query") ? undefined : expect.any(String),
      ]);
      tried.add(`${method} ${path}`);
      if (schema === undefined) return undefined;
      const validate = ajv.compile(
        JSON.parse(JSON.stringify(schema).replaceAll("#/components", "spec#/components")),
      );
      const parsed: unknown = JSON.parse(text);
      validate(parsed);
      expect(validate.errors ?? []).toEqual([]);
      return parsed;
    }

    test("of every route match the published schema", async () => {
      api = await managementApi();
      const P = "/v1/projects";
      const R = `${P}/{ref}`;
      const made = await answer("POST", P, P, { name: "p", organization_slug: "a", db_pass: "12345678" });
      ({ ref } = made as { ref: string });
      const at = (path: string): string => path.replace("{ref}", ref);
      const of = (method: string, path: string, body?: unknown, query = ""): Promise<unknown> =>
        answer(method, path, at(path) + query, body);
      api.clock.now += 2000;
      await until(async () => {
        const health = await api.call("GET", `${at(R)}/health?services=db`);
        return ((await health.json()) as { healthy: boolean }[])[0]?.healthy === true;
      });

      await of("GET", "/v1/organizations");
      await of("POST", "/v1/organizations", { name: "New" });
      await answer("GET", "/v1/organizations/{slug}", "/v1/organizations/a");
      await answer("GET", "/v1/organizations/{slug}/projects", "/v1/organizations/a/projects");
      await of("GET", P);
      await of("GET", R);
      await of("PATCH", R, { name: "q" });
      await of(
        "GET",
        `${R}/health`,
        undefined,
        "?services=auth,db,db_postgres_user,pooler,realtime,rest,storage",
      );
      const key = (await of("POST", `${R}/api-keys`, { type: "secret", name: "backend" })) as { id: string };
      await of("GET", `${R}/api-keys`, undefined, "?reveal=true");
      await of("GET", `${R}/api-keys/legacy`);
      await of("PUT", `${R}/api-keys/legacy`, undefined, "?enabled=true");
      for (const [method, body] of [["GET"], ["PATCH", { name: "other" }], ["DELETE"]] as const)
        await answer(method, `${R}/api-keys/{id}`, `${at(R)}/api-keys/${key.id}`, body);
      await of("POST", `${R}/database/query`, { query: "select 1" });
      await of("POST", `${R}/database/query/read-only`, { query: "select 1" });
      await of("PATCH", `${R}/database/password`, { password: "abcdefgh" });
      await of("GET", `${R}/config/database/pooler`);
      await of("PATCH", `${R}/config/database/pooler`, { default_pool_size: 20 });
      await of("GET", `${R}/config/auth`);
      await of("PATCH", `${R}/config/auth`, { disable_signup: true, smtp_pass: "x" });
      const issuer = { oidc_issuer_url: "https://x.supabase.co/auth/v1" };
      const tpa = (await of("POST", `${R}/config/auth/third-party-auth`, issuer)) as { id: string };
      await of("GET", `${R}/config/auth/third-party-auth`);
      for (const method of ["GET", "DELETE"])
        await answer(
          method,
          `${R}/config/auth/third-party-auth/{tpa_id}`,
          `${at(R)}/config/auth/third-party-auth/${tpa.id}`,
        );
      await of("GET", `${R}/postgrest`);
      await of("PATCH", `${R}/postgrest`, { max_rows: 10 });
      await of("GET", `${R}/config/realtime`);
      await of("PATCH", `${R}/config/realtime`, { private_only: true });
      await of("PATCH", `${R}/config/storage`, { features: { s3Protocol: { enabled: false } } });
      await of("GET", `${R}/config/storage`);
      await of("GET", `${R}/ssl-enforcement`);
      await of("PUT", `${R}/ssl-enforcement`, { requestedConfig: { database: true } });
      await of("GET", `${R}/network-restrictions`);
      await of("POST", `${R}/network-restrictions/apply`, { dbAllowedCidrs: ["10.0.0.0/8"] });
      await of("PATCH", `${R}/network-restrictions`, { add: { dbAllowedCidrs: ["10.0.0.0/8"] } });
      await of("POST", `${R}/secrets`, [{ name: "A", value: "b" }]);
      await of("GET", `${R}/secrets`);
      await of("DELETE", `${R}/secrets`, ["A"]);
      await of("GET", `${R}/billing/addons`);
      await of("PATCH", `${R}/billing/addons`, { addon_type: "ipv4", addon_variant: "ipv4_default" });
      await answer("DELETE", `${R}/billing/addons/{addon_variant}`, `${at(R)}/billing/addons/ipv4_default`);
      await of("GET", `${R}/restore`);
      await of("DELETE", R);

      // Not tried: only projects of free organizations can be paused, and these three responses are empty.
      const paused = ["/pause", "/restore", "/restore/cancel"].map((path) => `POST ${R}${path}`);
      expect(ENDPOINTS.map((one) => `${one.method} ${one.path}`).sort()).toEqual(
        [...tried, ...paused].sort(),
      );
    });
  });
}

/** Returns the names of a schema's properties, and those that are required. */
function propertiesOf(schema: z.ZodType | undefined): { names: string[]; required: string[] } {
  if (schema === undefined) return { names: [], required: [] };
  const item = schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema;
  if (!(item instanceof z.ZodObject)) return { names: [], required: [] };
  const entries = Object.entries(item.shape as Record<string, z.ZodType>);
  const required = entries.filter(
    ([, one]) => !one.safeParse(undefined).success || one instanceof z.ZodUnknown,
  );
  return { names: entries.map(([name]) => name), required: required.map(([name]) => name) };
}
