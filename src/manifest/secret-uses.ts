import type { OrganizationManifest } from "./organization.ts";
import type { PlatformManifest } from "./platform.ts";

/** A place in a manifest that names a secret. */
export interface SecretUse {
  readonly secret: string;
  readonly path: readonly (string | number)[];
}

/** The key that names a secret in every manifest. */
const KEY = "secret";

/** Every place where a manifest names a secret. They are found by the key, so that new fields are included. */
export function secretUses(manifest: OrganizationManifest | PlatformManifest): readonly SecretUse[] {
  return usesIn(manifest, []);
}

function usesIn(value: unknown, path: SecretUse["path"]): readonly SecretUse[] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]: [string | number, unknown]) =>
    key === KEY && typeof child === "string"
      ? [{ secret: child, path: [...path, key] }]
      : usesIn(child, [...path, key]),
  );
}
