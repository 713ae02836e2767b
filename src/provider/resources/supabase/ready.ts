import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import { deriveDatabasePassword } from "../../../shared/derive.ts";
import type { RootSecrets } from "../../../shared/root-secret.ts";
import type { Context } from "../../../vendors/connections.ts";
import { dataOf, isGone } from "../../../vendors/supabase/client.ts";
import { poll } from "../../../vendors/supabase/poll.ts";
import { sessionPooler } from "../../../vendors/supabase/pooler.ts";
import { enforceSsl } from "../../../vendors/supabase/ssl.ts";
import type {
  ApiKey,
  ProjectStatus,
  ProjectWithDatabase,
  ServiceName,
} from "../../../vendors/supabase/types.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { PartialError } from "../../resource.ts";
import { databasePassword, derivedFrom, secret } from "../../runtime/schema.ts";

const SERVICES = ["auth", "db", "pooler", "realtime", "rest", "storage"] as const;

const readyInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  services: z
    .array(z.enum(SERVICES))
    .min(1)
    .default(["auth", "db", "pooler", "rest", "storage"])
    .describe("The services that must be healthy. Default: those that a workspace uses."),
  databasePassword: databasePassword.optional(),
  sslEnforced: z
    .boolean()
    .optional()
    .describe(
      "Whether the database refuses unencrypted connections. Set here before other resources start, because a change restarts the database; afterwards `Settings` manages it. Default: unchanged.",
    ),
  state: stateOfProject,
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(300)
    .describe("The maximum wait. The next run resumes it. Default 300."),
});

const readyOutputs = z.strictObject({
  databaseHost: z.string().describe("The database's host, reachable over IPv6 only."),
  apiUrl: z.string().describe("The project's URL, without a path."),
  issuer: z.string().describe("The issuer of its users' tokens."),
  poolerHost: z.string().describe("The session pooler's host, reachable over IPv4."),
  poolerPort: z.int().describe("The session pooler's port, usually 5432."),
  poolerUser: z.string().describe("The user name at the session pooler: `postgres.<ref>`."),
  databaseName: z.string().describe("The database's name, usually `postgres`."),
  databasePassword: secret()
    .optional()
    .describe("The password of `postgres`, if the input `databasePassword` is set."),
  derivedFrom,
  publishableKey: z.string().optional().describe("The publishable API key. Not a secret."),
  secretKey: secret().optional().describe("The secret API key. It bypasses row security."),
  anonKey: z.string().optional().describe("The legacy form of the publishable key."),
  serviceRoleKey: secret().optional().describe("The legacy form of the secret key."),
});

type Inputs = z.infer<typeof readyInputs>;
type Outputs = z.infer<typeof readyOutputs>;

/** Statuses that waiting doesn't change, each with its remedy. */
const DEAD_ENDS: Readonly<Partial<Record<ProjectStatus, string>>> = {
  INACTIVE: "The project is paused. Restore it, or declare the workspace active.",
  PAUSING: "The project is being paused. Run again when that is done.",
  INIT_FAILED:
    "Supabase couldn't create the project. Delete it at https://supabase.com/dashboard, then run again.",
  RESTORE_FAILED: "Supabase couldn't restore the project. Ask Supabase's support.",
  PAUSE_FAILED: "Supabase couldn't pause the project. Ask Supabase's support.",
  GOING_DOWN: "The project is being deleted. Refresh the stack when that is done.",
  REMOVED: "The project was deleted. Refresh the stack, then run again.",
};

export const ready = defineProjectScoped({
  type: "supabase:Ready",
  description:
    "Waits until a project's services are healthy and its database enforces encryption, and returns the addresses and keys of the services. If the wait times out, the next run resumes it. Owns nothing.",
  inputs: readyInputs,
  outputs: readyOutputs,
  replaceOn: ["project"],
  stable: ["databaseHost", "apiUrl", "issuer", "databaseName"],

  derives: (inputs) => inputs.databasePassword !== undefined,

  /** The PostgreSQL provider signs in with these. If they were unknown, a preview couldn't show its resources. */
  previewOutputs: (inputs, prior, roots) =>
    prior === undefined ? {} : { ...prior, ...passwordOf(roots(), inputs) },

  /** `Project` detects whether the project exists, so a refresh needs no call here. */
  observe: async (_context, prior) => ({ inputs: prior.inputs, outputs: prior.outputs }),

  async ensure(context, inputs, prior) {
    const ref = inputs.project;
    try {
      const project = await waitForProject(context, inputs, prior?.outputs.databaseHost === undefined);
      const before = prior?.inputs.state ?? "active";
      await waitForServices(context, inputs, before);
      if (await changesSsl(context, inputs)) {
        await waitForProject(context, inputs, false);
        await waitForServices(context, inputs, before);
      }
      return { id: ref, outputs: await reachOf(context, inputs, project) };
    } catch (error) {
      throw new PartialError(
        ref,
        prior?.outputs ?? {},
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  },

  remove: async () => {},
});

/** @param isNew whether the API may not know the project yet: it answers 404 for a while after the creation */
async function waitForProject(
  context: Context,
  inputs: Inputs,
  isNew: boolean,
): Promise<ProjectWithDatabase> {
  const ref = inputs.project;
  let project: ProjectWithDatabase | undefined;
  let unknown: unknown;
  const wait = poll(
    `project ${ref} to be healthy`,
    context.signal,
    async () => {
      try {
        project = await dataOf(context.supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
      } catch (error) {
        if (!isNew || !isGone(error)) throw error;
        context.status("Supabase doesn't know the project yet");
        unknown = error;
        return false;
      }
      unknown = undefined;
      const remedy = DEAD_ENDS[project.status];
      if (remedy !== undefined)
        throw new UserError(`The Supabase project ${project.name} (${ref}) is ${project.status}.`, {
          remedy,
        });
      context.status(`project is ${project.status}`);
      return project.status === "ACTIVE_HEALTHY";
    },
    inputs.timeoutSeconds,
  );
  await wait.catch((error: unknown) => {
    context.signal.throwIfAborted();
    throw unknown ?? error;
  });
  return project as ProjectWithDatabase;
}

/**
 * Waits for the services, which become healthy later than the project itself.
 *
 * @param before the state before this run. The data API of an inactive project is switched off, and therefore never healthy,
 *   until `Settings` switches it on later in the run
 */
async function waitForServices(
  context: Context,
  inputs: Inputs,
  before: NonNullable<Inputs["state"]>,
): Promise<void> {
  const path = { ref: inputs.project };
  const isOn = before === "active" && (inputs.state ?? "active") === "active";
  const services: ServiceName[] = inputs.services.filter((name) => name !== "rest" || isOn);
  let waiting: readonly string[] = services;
  await poll(
    `the services of project ${inputs.project}`,
    context.signal,
    async () => {
      const health = await dataOf(
        context.supabase.api.GET("/v1/projects/{ref}/health", { params: { path, query: { services } } }),
      );
      const healthy = new Set(health.filter((it) => it.status === "ACTIVE_HEALTHY").map((it) => it.name));
      waiting = services.filter((name) => !healthy.has(name));
      if (waiting.length > 0) context.status(`waiting for ${waiting.join(", ")}`);
      return waiting.length === 0;
    },
    inputs.timeoutSeconds,
  );
}

async function changesSsl(context: Context, { project, sslEnforced }: Inputs): Promise<boolean> {
  if (sslEnforced === undefined) return false;
  return enforceSsl(context.supabase, project, sslEnforced, context.signal);
}

async function reachOf(context: Context, inputs: Inputs, project: ProjectWithDatabase): Promise<Outputs> {
  const path = { ref: project.ref };
  const [keys, pooler] = await Promise.all([
    dataOf(
      context.supabase.api.GET("/v1/projects/{ref}/api-keys", { params: { path, query: { reveal: true } } }),
    ),
    sessionPooler(context.supabase, project.ref),
  ]);
  const apiUrl = `https://${project.database.host.replace(/^db\./, "")}`;
  return {
    databaseHost: project.database.host,
    apiUrl,
    issuer: `${apiUrl}/auth/v1`,
    poolerHost: pooler.host,
    poolerPort: pooler.port,
    poolerUser: pooler.user,
    databaseName: pooler.database,
    ...passwordOf(context.roots, inputs),
    ...optional("publishableKey", keyOf(keys, "publishable", "default")),
    ...optional("secretKey", asSecret(keyOf(keys, "secret", "default"))),
    ...optional("anonKey", keyOf(keys, "legacy", "anon")),
    ...optional("serviceRoleKey", asSecret(keyOf(keys, "legacy", "service_role"))),
  };
}

function passwordOf(
  { current: { secret, fingerprint } }: RootSecrets,
  { databasePassword }: Inputs,
): Pick<Outputs, "databasePassword" | "derivedFrom"> {
  if (databasePassword === undefined) return {};
  return {
    databasePassword: deriveDatabasePassword(secret, databasePassword),
    derivedFrom: fingerprint,
  };
}

function keyOf(keys: readonly ApiKey[], type: NonNullable<ApiKey["type"]>, name: string): string | undefined {
  const found = keys.find((key) => (key.type ?? "legacy") === type && key.name === name);
  return found?.api_key ?? undefined;
}

function asSecret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
