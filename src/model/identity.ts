import type { OrganizationModel } from "./model.ts";

/** What identifies a customer, whatever its organization is called. */
export interface Identity {
  readonly owner: string | undefined;
  /** The addresses of its people. */
  readonly people: ReadonlySet<string>;
  /** The names of its workspaces. */
  readonly workspaces: ReadonlySet<string>;
  /** Domains, addresses and channels, which only one organization of a platform can have. */
  readonly unique: ReadonlySet<string>;
  readonly billingEmail: string | undefined;
}

/** The identity that a manifest declares. */
export function identityOf({ owner, members, workspaces, billing }: OrganizationModel): Identity {
  const all = Object.values(workspaces);
  return {
    owner,
    people: new Set(Object.keys(members)),
    workspaces: new Set(Object.keys(workspaces)),
    unique: new Set(
      all.flatMap(({ apps, email, slack }) => [
        ...Object.values(apps).flatMap(({ domain }) => domain ?? []),
        ...(email === null ? [] : [email]),
        ...(slack === null ? [] : [`${slack.team}/${slack.channel}`]),
      ]),
    ),
    billingEmail: billing.email,
  };
}

/** The share of people and workspaces from which two organizations count as the same customer. */
const MOST = 0.5;

/**
 * What two organizations share, if they seem to be the same customer: a value that only one can have, the owner with a workspace,
 * or most of the people and workspaces. Undefined for different customers.
 */
export function sharedIdentity(a: Identity, b: Identity): readonly string[] | undefined {
  const unique = common(a.unique, b.unique);
  if (unique.length > 0) return [unique[0] ?? ""];
  const workspaces = common(a.workspaces, b.workspaces);
  const sameOwner = a.owner !== undefined && a.owner === b.owner;
  if (sameOwner && workspaces.length > 0)
    return [`the owner ${a.owner}`, `the workspace ${workspaces[0] ?? ""}`];
  const people = common(a.people, b.people);
  const sameBilling = a.billingEmail !== undefined && a.billingEmail === b.billingEmail;
  if (sameOwner && sameBilling) return [`the owner ${a.owner}`, `the invoices to ${a.billingEmail}`];
  const all = new Set([...a.people, ...b.people, ...a.workspaces, ...b.workspaces]).size;
  const isMost = people.length >= 2 && (people.length + workspaces.length) / all >= MOST;
  return isMost ? [`${people.length} people`, `${workspaces.length} workspaces`] : undefined;
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...a].filter((each) => b.has(each));
}

/** The words for a rename without `previously`. */
export function renameText({
  from,
  to,
  shared,
  file,
}: {
  readonly from: string;
  readonly to: string;
  /** See `sharedIdentity`. */
  readonly shared: readonly string[];
  /** The new manifest, as it is printed. */
  readonly file: string;
}): { readonly message: string; readonly remedy: string } {
  return {
    message: `the organization ${from} seems to be renamed to ${to}, because they share ${shared.join(" and ")}. As two organizations, it would get a second project and a second Stripe customer`,
    remedy: `Add to ${file}: previously: [${from}]. If they are two customers, restore the manifest of ${from}.`,
  };
}
