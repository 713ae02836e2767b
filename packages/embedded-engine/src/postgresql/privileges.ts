/** The privileges of PostgreSQL 17 by object type. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  database: ["CREATE", "CONNECT", "TEMPORARY"],
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  procedure: ["EXECUTE"],
  routine: ["EXECUTE"],
  type: ["USAGE"],
};

/** Why these privileges can't be granted on the object type; undefined if they can. */
export function refusalOf(objectType: string, privileges: readonly string[]): string | undefined {
  const allowed = ALLOWED[objectType] ?? [];
  const wrong = privileges.find((privilege) => privilege !== "ALL" && !allowed.includes(privilege));
  return wrong === undefined
    ? undefined
    : `${wrong} is not an allowed privilege for object type ${objectType}`;
}

/** The granted privileges, as the wanted list if both are equivalent (in any order, or as ALL). */
export function asWanted(
  objectType: string,
  wanted: readonly string[],
  granted: readonly string[],
): readonly string[] {
  const all = ALLOWED[objectType] ?? [];
  const isAll =
    wanted.includes("ALL") &&
    all.every((privilege) => privilege === "MAINTAIN" || granted.includes(privilege));
  const same = granted.length === wanted.length && granted.every((privilege) => wanted.includes(privilege));
  return isAll || same ? wanted : [...granted].sort();
}
