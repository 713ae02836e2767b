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

/** Why an organization can't be applied with the names that its manifest declares. */
export interface NamesText {
  readonly message: string;
  readonly remedy: string;
}

/** A new organization, and an earlier one whose name nobody has any more. */
interface Rename {
  readonly to: Pick<OrganizationModel, "name" | "previously">;
  /** All names of the earlier one, the oldest first. */
  readonly names: readonly string[];
  /** The new manifest, as it is printed. */
  readonly file: string;
}

/** All names of an organization, the oldest first: what `previously` must say once it has another name. */
export function allNames({ previously, name }: Pick<OrganizationModel, "name" | "previously">): string[] {
  return [...previously, name];
}

/**
 * The words for a rename that `previously` doesn't declare.
 *
 * @param shared see `sharedIdentity`
 */
export function renameText({ to, names, file }: Rename, shared: readonly string[]): NamesText {
  const from = names.at(-1);
  return {
    message: `the organization ${from} seems to be renamed to ${to.name}, because they share ${shared.join(" and ")}. As two organizations, it would get a second project and a second Stripe customer`,
    remedy: `${previouslyLine(to, names, file)}. If they are two customers, restore the manifest of ${from}.`,
  };
}

/** The words for a rename by an incomplete `previously`: it derives the same id, but doesn't name the stack. */
export function incompleteText({ to, names, file }: Rename): NamesText {
  return {
    message: `the organization ${names.at(-1)} has the id of ${to.name}, but \`previously\` doesn't name it. As two stacks, they would manage the same customer`,
    remedy: `${previouslyLine(to, names, file)}.`,
  };
}

/**
 * The words for a `previously` that no organization had, while others have no manifest.
 *
 * @param without the names of those
 */
export function unknownText(
  { name, previously, generation }: Pick<OrganizationModel, "name" | "previously" | "generation">,
  without: readonly string[],
  file: string,
): NamesText {
  const which = generation === 1 ? "" : ` in generation ${generation}`;
  return {
    message: `no organization was called ${previously.join(" or ")}${which}, so ${name} would get a new project and a new Stripe customer`,
    remedy: `Correct \`previously\` in ${file}, the oldest name first. Without a manifest: ${without.join(", ")}. If ${name} is a new customer, remove \`previously\`, and restore those manifests.`,
  };
}

/**
 * The words for a rename to the name of another organization, which would lose its manifest.
 *
 * @param names all names of the other organization
 */
export function displacedText(from: string, names: readonly string[]): NamesText {
  const name = names.at(-1);
  return {
    message: `the organization ${from} is renamed to ${name}, and the organization that is called ${name} was removed from the YAML, but it still exists`,
    remedy: `Restore the manifest of ${name}, and choose another name for ${from}. If ${name} was renamed too, add to its new manifest: previously: [${names.join(", ")}], and run both.`,
  };
}

function previouslyLine({ previously }: Rename["to"], names: readonly string[], file: string): string {
  return `${previously.length === 0 ? "Add to" : "Set in"} ${file}: previously: [${names.join(", ")}]`;
}
