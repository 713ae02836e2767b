import { BlockList } from "node:net";
import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { Project } from "./projects-state.ts";

interface Restrictions {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly updatedAt: string | undefined;
}

const OPEN: Restrictions = { v4: ["0.0.0.0/0"], v6: ["::/0"], updatedAt: undefined };
const lists = z.strictObject({
  dbAllowedCidrs: z.array(z.cidrv4()).optional(),
  dbAllowedCidrsV6: z.array(z.cidrv6()).optional(),
});
const PATH = "/v1/projects/{ref}/network-restrictions";

/** @see https://supabase.com/docs/reference/api/v1-get-network-restrictions */
export const networkEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => answer(restrictions(account, account.project(parameter("ref")))),
  }),
  endpoint({
    method: "POST",
    path: `${PATH}/apply`,
    body: lists,
    status: 201,
    // Replaces both lists. A list that is omitted becomes empty.
    handle: ({ account, parameter, body }) =>
      answer(
        store(
          account,
          account.project(parameter("ref")),
          body.dbAllowedCidrs ?? [],
          body.dbAllowedCidrsV6 ?? [],
        ),
      ),
  }),
  endpoint({
    method: "PATCH",
    path: PATH,
    body: z.strictObject({ add: lists.optional(), remove: lists.optional() }),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      const before = restrictions(account, project);
      const after = store(
        account,
        project,
        changed(before.v4, body.add?.dbAllowedCidrs, body.remove?.dbAllowedCidrs),
        changed(before.v6, body.add?.dbAllowedCidrsV6, body.remove?.dbAllowedCidrsV6),
      );
      return {
        entitlement: "allowed",
        config: { dbAllowedCidrs: typed(after) },
        old_config: { dbAllowedCidrs: typed(before) },
        status: "stored",
        ...(after.updatedAt === undefined ? {} : { updated_at: after.updatedAt }),
      };
    },
  }),
];

/**
 * Whether the project accepts connections from an address.
 *
 * @param address an IPv4 address, the only kind that the pooler supports; undefined is allowed by every list that isn't empty
 */
export function allowsAddress(account: Account, project: Project, address: string | undefined): boolean {
  const { v4 } = restrictions(account, project);
  if (address === undefined) return v4.length > 0;
  const allowed = new BlockList();
  for (const cidr of v4) {
    const [network = "", prefix = "32"] = cidr.split("/");
    allowed.addSubnet(network, Number(prefix));
  }
  return allowed.check(address);
}

function restrictions(account: Account, project: Project): Restrictions {
  return account.documents<Restrictions>("network-restrictions").get(project.ref) ?? OPEN;
}

function store(
  account: Account,
  project: Project,
  v4: readonly string[],
  v6: readonly string[],
): Restrictions {
  const updatedAt = new Date(account.now()).toISOString();
  return account.documents<Restrictions>("network-restrictions").put(project.ref, { v4, v6, updatedAt });
}

function answer({ v4, v6, updatedAt }: Restrictions): object {
  const times = updatedAt === undefined ? {} : { updated_at: updatedAt, applied_at: updatedAt };
  return {
    entitlement: "allowed",
    config: { dbAllowedCidrs: v4, dbAllowedCidrsV6: v6 },
    status: "applied",
    ...times,
  };
}

function changed(
  before: readonly string[],
  add: readonly string[] = [],
  remove: readonly string[] = [],
): string[] {
  return [...new Set([...before, ...add])].filter((cidr) => !remove.includes(cidr));
}

function typed({ v4, v6 }: Restrictions): object[] {
  return [
    ...v4.map((address) => ({ address, type: "v4" })),
    ...v6.map((address) => ({ address, type: "v6" })),
  ];
}
