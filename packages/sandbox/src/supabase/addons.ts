import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";
import type { Project } from "./projects-state.ts";

interface Variant {
  readonly id: string;
  readonly name: string;
  readonly price: {
    description: string;
    type: "fixed" | "usage";
    interval: "monthly" | "hourly";
    amount: number;
  };
}

interface Addon {
  readonly type: "custom_domain" | "compute_instance" | "pitr" | "ipv4";
  readonly name: string;
  readonly variants: readonly Variant[];
}

const PATH = "/v1/projects/{ref}/billing/addons";

/** The available add-ons, with prices in US dollars. @see https://supabase.com/pricing */
const ADDONS: readonly Addon[] = [
  { type: "custom_domain", name: "Custom Domain", variants: [monthly("cd_default", "Custom Domain", 10)] },
  {
    type: "compute_instance",
    name: "Compute Instance",
    variants: [
      hourly("ci_micro", "Micro", 0.01344, 10),
      hourly("ci_small", "Small", 0.0206, 15),
      hourly("ci_medium", "Medium", 0.0822, 60),
      hourly("ci_large", "Large", 0.1517, 110),
      hourly("ci_xlarge", "XL", 0.2877, 210),
      hourly("ci_2xlarge", "2XL", 0.562, 410),
      hourly("ci_4xlarge", "4XL", 1.32, 960),
      hourly("ci_8xlarge", "8XL", 2.562, 1870),
      hourly("ci_12xlarge", "12XL", 3.836, 2800),
      hourly("ci_16xlarge", "16XL", 5.12, 3730),
    ],
  },
  {
    type: "pitr",
    name: "Point-in-Time Recovery",
    variants: [
      monthly("pitr_7", "7 days", 100),
      monthly("pitr_14", "14 days", 200),
      monthly("pitr_28", "28 days", 400),
    ],
  },
  { type: "ipv4", name: "Dedicated IPv4 Address", variants: [monthly("ipv4_default", "IPv4 Address", 4)] },
];

/** @see https://supabase.com/docs/reference/api/v1-list-project-addons */
export const addonEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      return { selected_addons: selected(project), available_addons: ADDONS };
    },
  }),
  endpoint({
    method: "PATCH",
    path: PATH,
    body: z.strictObject({
      addon_variant: z.enum(ADDONS.flatMap(({ variants }) => variants.map(({ id }) => id))),
      addon_type: z.enum(ADDONS.map(({ type }) => type)),
    }),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      refuseFree(account, project.organization);
      const addon = ADDONS.find(({ type }) => type === body.addon_type);
      if (addon?.variants.some(({ id }) => id === body.addon_variant) !== true)
        throw new ApiError(400, `Addon variant ${body.addon_variant} is not of type ${body.addon_type}`);
      if (addon.type === "compute_instance") resize(account, project, body.addon_variant);
      else select(account, project, addon, body.addon_variant);
    },
  }),
  endpoint({
    method: "DELETE",
    path: `${PATH}/{addon_variant}`,
    handle: ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      const variant = parameter("addon_variant");
      if (project.compute === variant) resize(account, project, undefined);
      else if (project.addons.includes(variant))
        account.projects.put(project.ref, {
          ...project,
          addons: project.addons.filter((id) => id !== variant),
        });
      else throw new ApiError(404, "Addon not found");
    },
  }),
];

function selected({ compute, addons }: Project): object[] {
  const ids = compute === undefined ? addons : [compute, ...addons];
  return ADDONS.flatMap(({ type, variants }) =>
    variants.filter(({ id }) => ids.includes(id)).map((variant) => ({ type, variant })),
  );
}

/** Changing the compute size restarts the project and its database. */
function resize(account: Account, project: Project, compute: string | undefined): void {
  if (project.compute === compute) return;
  const formerCompute = project.compute ?? null;
  const resized = account.projects.put(project.ref, { ...project, compute, formerCompute });
  if (account.status(project) !== "ACTIVE_HEALTHY") return;
  account.change(resized, ["ACTIVE_HEALTHY", "RESIZING", "RESIZING"], "ACTIVE_HEALTHY");
  void account.servers.stop(project.ref);
}

function select(account: Account, project: Project, addon: Addon, variant: string): void {
  const others = project.addons.filter((id) => !addon.variants.some((one) => one.id === id));
  account.projects.put(project.ref, { ...project, addons: [...others, variant] });
}

/** Free organizations have no add-ons, so neither larger sizes nor point-in-time recovery: https://supabase.com/pricing */
export function refuseFree(account: Account, organization: string): void {
  if (account.organization(organization).plan === "free")
    throw new ApiError(402, "Add-ons are only available to organizations on a paid plan.");
}

function monthly(id: string, name: string, amount: number): Variant {
  return { id, name, price: { description: `$${amount}/month`, type: "fixed", interval: "monthly", amount } };
}

function hourly(id: string, name: string, amount: number, perMonth: number): Variant {
  const description = `$${amount}/hour (~$${perMonth}/month)`;
  return { id, name, price: { description, type: "usage", interval: "hourly", amount } };
}
