import type { Admitted } from "../vendors/postgres/scripts/admit.ts";

/** A difference between the members in the control plane and in a workspace's database. */
interface AccessDifference {
  readonly email: string;
  readonly expected: string;
  readonly found: string;
}

export function compareAccess(expected: readonly Admitted[], found: readonly Admitted[]): AccessDifference[] {
  const existing = new Map(found.map((one) => [one.email, one]));
  const known = new Set(expected.map(({ email }) => email));
  const missing = expected.flatMap((one) => differencesOf(one, existing.get(one.email)));
  const extra = found
    .filter(({ email }) => !known.has(email))
    .map(({ email, role }) => ({ email, expected: "isn't a member", found: `enters as ${role}` }));
  return [...missing, ...extra];
}

function differencesOf(expected: Admitted, found: Admitted | undefined): AccessDifference[] {
  const { email, role, user_id, managed_by } = expected;
  if (found === undefined) return [{ email, expected: `enters as ${role}`, found: "is missing" }];
  const differences: AccessDifference[] = [];
  if (found.role !== role)
    differences.push({ email, expected: `enters as ${role}`, found: `enters as ${found.role}` });
  if (found.user_id !== user_id)
    differences.push({ email, expected: boundTo(user_id), found: boundTo(found.user_id) });
  if (found.managed_by !== managed_by)
    differences.push({
      email,
      expected: `is managed by the ${managed_by}`,
      found: `is managed by the ${found.managed_by}`,
    });
  return differences;
}

function boundTo(user: string | null): string {
  return user === null ? "is bound to no account" : `is bound to the account ${user}`;
}
