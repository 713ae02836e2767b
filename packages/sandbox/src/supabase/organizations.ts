import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { randomLetters } from "./identifiers.ts";
import type { Organization, Project } from "./projects-state.ts";

const STATUSES = z.string();

/** @see https://supabase.com/docs/reference/api/v1-list-all-organizations */
export const organizationEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/organizations",
    handle: ({ account }) => account.organizations.values().map(summary),
  }),
  endpoint({
    method: "POST",
    path: "/v1/organizations",
    body: z.strictObject({ name: z.string().max(256) }),
    status: 201,
    handle: ({ account, body }) =>
      summary(addOrganization(account, { slug: randomLetters(20), name: body.name })),
  }),
  endpoint({
    method: "GET",
    path: "/v1/organizations/{slug}",
    handle: ({ account, parameter }) => {
      const { slug, name, plan } = account.organization(parameter("slug"));
      return { id: slug, name, plan, opt_in_tags: [], allowed_release_channels: ["ga", "preview"] };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/organizations/{slug}/projects",
    query: z.strictObject({
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(100).default(100),
      search: z.string().optional(),
      sort: z.enum(["name_asc", "name_desc", "created_asc", "created_desc"]).default("name_asc"),
      statuses: STATUSES.optional(),
    }),
    handle: ({ account, parameter, query }) => {
      const { slug } = account.organization(parameter("slug"));
      const { offset, limit } = query;
      const statuses = query.statuses?.split(",");
      const found = account.projects
        .values()
        .filter((project) => project.organization === slug)
        .filter((project) => isFound(project, query.search))
        .filter((project) => statuses === undefined || statuses.includes(account.status(project)))
        .sort(ORDERS[query.sort]);
      return {
        projects: found.slice(offset, offset + limit).map((project) => listed(account, project)),
        pagination: { count: found.length, limit, offset },
      };
    },
  }),
];

export function addOrganization(
  account: Account,
  { slug, name, plan = "pro" }: { slug: string; name: string; plan?: Organization["plan"] },
): Organization {
  return account.organizations.put(slug, { id: slug, slug, name, plan });
}

function summary({ slug, name }: Organization): object {
  return { id: slug, slug, name };
}

function isFound(project: Project, search: string | undefined): boolean {
  if (search === undefined) return true;
  const text = search.toLowerCase();
  return project.name.toLowerCase().includes(text) || project.ref.includes(text);
}

type Order = (left: Project, right: Project) => number;

const byName: Order = (left, right) => left.name.localeCompare(right.name);
const byCreation: Order = (left, right) => left.id - right.id;
const ORDERS = {
  name_asc: byName,
  name_desc: (left: Project, right: Project) => byName(right, left),
  created_asc: byCreation,
  created_desc: (left: Project, right: Project) => byCreation(right, left),
} as const;

function listed(account: Account, project: Project): object {
  const status = account.status(project);
  const { compute, formerCompute } = project;
  const size = account.isLagging(project) && formerCompute !== undefined ? formerCompute : compute;
  return {
    ref: project.ref,
    name: project.name,
    cloud_provider: "AWS",
    region: project.region,
    is_branch: false,
    status,
    inserted_at: project.createdAt,
    databases: [
      {
        infra_compute_size: size?.replace(/^ci_/, "") ?? "nano",
        region: project.region,
        status: status === "INACTIVE" || status === "PAUSING" ? "GOING_DOWN" : status,
        cloud_provider: "AWS",
        identifier: project.ref,
        type: "PRIMARY",
      },
    ],
  };
}
