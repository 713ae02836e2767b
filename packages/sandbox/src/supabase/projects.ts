import { randomBytes } from "node:crypto";
import * as z from "zod";
import { scramVerifier } from "../scram.ts";
import type { Account } from "./account.ts";
import { refuseFree } from "./addons.ts";
import { createDefaultKeys } from "./api-keys.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";
import { randomLetters } from "./identifiers.ts";
import type { Project } from "./projects-state.ts";

const REGIONS = [
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-east-1", "ap-southeast-1", "ap-northeast-1"],
  ...[
    "ap-northeast-2",
    "ap-southeast-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-central-1",
  ],
  ...["eu-central-2", "ca-central-1", "ap-south-1", "sa-east-1"],
] as const;

const SIZES = [
  ...["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge"],
  ...["16xlarge", "24xlarge", "24xlarge_optimized_memory", "24xlarge_optimized_cpu", "24xlarge_high_memory"],
  ...["48xlarge", "48xlarge_optimized_memory", "48xlarge_optimized_cpu", "48xlarge_high_memory"],
] as const;

const SMART_REGIONS = { americas: "us-east-1", emea: "eu-central-1", apac: "ap-southeast-1" } as const;

const creation = z.strictObject({
  db_pass: z.string(),
  name: z.string().max(256),
  organization_id: z.string().optional(),
  organization_slug: z.string().regex(/^[\w-]+$/),
  plan: z.enum(["free", "pro"]).optional(),
  region: z.enum(REGIONS).optional(),
  region_selection: z
    .union([
      z.strictObject({ type: z.literal("specific"), code: z.enum(REGIONS) }),
      z.strictObject({ type: z.literal("smartGroup"), code: z.enum(["americas", "emea", "apac"]) }),
    ])
    .optional(),
  kps_enabled: z.boolean().optional(),
  desired_instance_size: z.enum(SIZES).optional(),
  template_url: z.url().optional(),
});

/** @see https://supabase.com/docs/reference/api/v1-create-a-project */
export const projectEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/projects",
    handle: ({ account }) => account.projects.values().map((project) => described(account, project)),
  }),
  endpoint({
    method: "POST",
    path: "/v1/projects",
    body: creation,
    status: 201,
    handle: ({ account, body }) => {
      const project = createProject(account, body);
      const { database: _, ...answer } = described(account, project);
      return { ...answer, status: "UNKNOWN" };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}",
    handle: ({ account, parameter }) => described(account, account.project(parameter("ref"))),
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/projects/{ref}",
    body: z.strictObject({ name: z.string().min(1).max(256) }),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      refuseTakenName(account, project.organization, body.name, project.ref);
      account.projects.put(project.ref, { ...project, name: body.name });
      return { id: project.id, ref: project.ref, name: body.name };
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/projects/{ref}",
    handle: async ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      const status = account.status(project);
      if (status !== "ACTIVE_HEALTHY" && status !== "INACTIVE")
        throw new ApiError(400, "Project not ready for deletion.");
      account.projects.delete(project.ref);
      await account.servers.remove(project.ref);
      return { id: project.id, ref: project.ref, name: project.name };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/projects/{ref}/pause",
    handle: async ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      if (account.organization(project.organization).plan !== "free")
        throw new ApiError(400, "Projects of organizations on a paid plan cannot be paused.");
      requireStatus(account, project, "ACTIVE_HEALTHY", "is not active");
      account.change(project, ["ACTIVE_HEALTHY", "PAUSING"], "INACTIVE");
      await account.servers.stop(project.ref);
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}/restore",
    handle: ({ account, parameter }) => {
      account.project(parameter("ref"));
      const version = { version: "17.6.1.111", release_channel: "ga", postgres_engine: "17" };
      return { available_versions: [version] };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/projects/{ref}/restore",
    handle: ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      requireStatus(account, project, "INACTIVE", "is no longer in a paused state, it is");
      account.requireFreeSlot(account.organization(project.organization));
      account.change(project, ["INACTIVE", "RESTORING", "COMING_UP"], "ACTIVE_HEALTHY");
      account.boot(project.ref);
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/projects/{ref}/restore/cancel",
    handle: async ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      requireStatus(account, project, "RESTORING", "is not being restored, it is");
      account.change(project, [], "INACTIVE");
      await account.servers.stop(project.ref);
    },
  }),
];

function createProject(account: Account, body: z.infer<typeof creation>): Project {
  const organization = account.organization(body.organization_slug);
  refuseTakenName(account, organization.slug, body.name, undefined);
  account.requireFreeSlot(organization);
  if (body.desired_instance_size !== undefined && body.desired_instance_size !== "nano")
    refuseFree(account, organization.slug);
  const size = body.desired_instance_size ?? (organization.plan === "free" ? "nano" : "micro");
  const project: Project = {
    ref: randomLetters(20),
    id: Math.max(700_000, ...account.projects.values().map(({ id }) => id)) + 1,
    name: body.name,
    organization: organization.slug,
    region: regionOf(body),
    createdAt: new Date(account.now()).toISOString(),
    change: {
      through: ["UNKNOWN", "COMING_UP", "COMING_UP", "COMING_UP"],
      to: "ACTIVE_HEALTHY",
      startedAt: account.now(),
    },
    compute: size === "nano" ? undefined : `ci_${size}`,
    addons: [],
    jwtSecret: randomBytes(64).toString("base64"),
    databasePassword: scramVerifier(body.db_pass),
  };
  createDefaultKeys(account, project);
  account.projects.put(project.ref, project);
  account.boot(project.ref);
  return project;
}

function regionOf({ region, region_selection: selection }: z.infer<typeof creation>): string {
  if (selection === undefined) return region ?? "us-east-1";
  return selection.type === "specific" ? selection.code : SMART_REGIONS[selection.code];
}

function refuseTakenName(account: Account, slug: string, name: string, except: string | undefined): void {
  const taken = account.projects
    .values()
    .some((project) => project.organization === slug && project.name === name && project.ref !== except);
  if (taken) throw new ApiError(409, `Project with name "${name}" already exists in your organization.`);
}

function requireStatus(
  account: Account,
  project: Project,
  wanted: Project["change"]["to"],
  otherwise: string,
): void {
  const status = account.status(project);
  if (status !== wanted) throw new ApiError(400, `This project ${otherwise} ${status}`);
}

function described(account: Account, project: Project) {
  return {
    id: project.ref,
    ref: project.ref,
    organization_id: project.organization,
    organization_slug: project.organization,
    name: project.name,
    region: project.region,
    created_at: project.createdAt,
    status: account.status(project),
    database: {
      host: `db.${project.ref}.supabase.co`,
      version: "17.6.1.111",
      postgres_engine: "17",
      release_channel: "ga",
    },
  };
}
