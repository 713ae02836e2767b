import { v5 } from "uuid";

/** The namespace of all ids. Changing it would orphan everything that exists. */
const NAMESPACE = "5f0f4c1e-6f0b-5c53-9f3a-1d7f6a3c1e2b";

/**
 * The id of a platform, an organization or a workspace: a UUIDv5 of its first path and generation, known before the resource exists.
 *
 * @param path `agntdata`, `agntdata/acme` or `agntdata/acme/production`: the first name that it had
 * @param generation 1 unless the path was used before
 */
export function stableId(path: string, generation = 1): string {
  return v5(`${path}#${generation}`, NAMESPACE);
}

/**
 * The name of a workspace's Supabase project. It is unique, because slugs contain no `--`.
 *
 * The control plane's project is `<platform>--<8 of its id>`.
 */
export function projectName(segments: readonly string[], id: string): string {
  return [...segments, id.slice(0, 8)].join("--");
}
