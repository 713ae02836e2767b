import type { Admitted } from "../vendors/postgres/scripts/admit.ts";

/** Where a workspace's database lets in other people than the control plane says. */
interface AccessDifference {
  readonly email: string;
  readonly promised: string;
  readonly found: string;
}

export function compareAccess(wanted: readonly Admitted[], found: readonly Admitted[]): AccessDifference[] {
  const held = new Map(found.map((one) => [one.email, one]));
  const known = new Set(wanted.map(({ email }) => email));
  const missing = wanted.flatMap((one) => differencesOf(one, held.get(one.email)));
  const extra = found
    .filter(({ email }) => !known.has(email))
    .map(({ email, role }) => ({ email, promised: "doesn't enter", found: `is still there, as ${role}` }));
  return [...missing, ...extra];
}

function differencesOf(wanted: Admitted, found: Admitted | undefined): AccessDifference[] {
  const { email, role, user_id, managed_by } = wanted;
  if (found === undefined) return [{ email, promised: `enters as ${role}`, found: "isn't there" }];
  const differences: AccessDifference[] = [];
  if (found.role !== role)
    differences.push({ email, promised: `enters as ${role}`, found: `enters as ${found.role}` });
  if (found.user_id !== user_id)
    differences.push({ email, promised: boundTo(user_id), found: boundTo(found.user_id) });
  if (found.managed_by !== managed_by)
    differences.push({ email, promised: `is the ${managed_by}'s`, found: `is the ${found.managed_by}'s` });
  return differences;
}

function boundTo(user: string | null): string {
  return user === null ? "is bound to no account" : `is bound to the account ${user}`;
}
