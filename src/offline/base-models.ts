import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { PlatformSince } from "../fleet/since.ts";
import type { Kind, ManifestOf } from "../manifest/kinds.ts";
import { parseManifest } from "../manifest/parse.ts";
import { ORGANIZATIONS_FOLDER, PLATFORM_FILE } from "../manifest/read.ts";
import { MAX_BYTES } from "../manifest/regular-file.ts";
import type { PlatformModel } from "../model/model.ts";
import { organizationModelOf, platformModel } from "../model/recorded.ts";
import type { StackModel } from "../repository/load.ts";
import type { Revision } from "../revisions/revision.ts";
import { quotedPath } from "../shared/list-names.ts";

/** The models of a platform in a revision. */
export interface BaseModels {
  /** Undefined if the revision has no such platform. */
  readonly platform: PlatformModel | undefined;
  /** By organization: the model, or why there is none. Absent if the revision has no such manifest. */
  readonly organizations: ReadonlyMap<string, StackModel | UserError>;
}

/**
 * Reads a platform and some of its organizations from a revision. Rules aren't applied, because these manifests were checked before
 * they were applied, and some rules depend on the day.
 *
 * @param today `2026-11-22`
 * @throws UserError if the revision's platform can't be read
 */
export async function readBase(
  revision: Revision,
  { folder, files }: PlatformSince,
  names: readonly string[],
  today: string,
): Promise<BaseModels> {
  if (!files.has(PLATFORM_FILE)) return { platform: undefined, organizations: new Map() };
  const fileOf = (name: string) => `${ORGANIZATIONS_FOLDER}/${name}.yaml`;
  const present = names.filter((name) => files.has(fileOf(name)));
  const texts = await revision.texts(files, [PLATFORM_FILE, ...present.map(fileOf)], MAX_BYTES);
  const read = <K extends Kind>(kind: K, path: string): ManifestOf[K] | UserError =>
    parsed(kind, texts.get(path), join(folder, path), revision);
  const manifest = read("Platform", PLATFORM_FILE);
  if (manifest instanceof UserError) throw manifest;
  const platform = platformModel(manifest);
  const organizations = present.map((name) => {
    const organization = read("Organization", fileOf(name));
    if (organization instanceof UserError) return [name, organization] as const;
    const model = organizationModelOf(platform, organization, today);
    return [
      name,
      model === undefined
        ? unreadable(join(folder, fileOf(name)), revision, "its plan isn't one of the platform's")
        : { platform, organization: model },
    ] as const;
  });
  return { platform, organizations: new Map(organizations) };
}

function parsed<K extends Kind>(
  kind: K,
  content: Buffer | undefined,
  file: string,
  revision: Revision,
): ManifestOf[K] | UserError {
  if (content === undefined) return unreadable(file, revision, "it isn't a regular file of at most 1 MiB");
  const { manifest, diagnostics } = parseManifest(kind, content.toString("utf8"), file);
  return manifest ?? unreadable(file, revision, diagnostics[0]?.message ?? "it has errors");
}

function unreadable(file: string, revision: Revision, why: string): UserError {
  return new UserError(
    `${quotedPath(revision.pathOf(file))} can't be compared: in ${revision.commit.slice(0, 12)}, ${why}`,
    {
      remedy: "Compare with a revision in which it is valid: --since <commit>.",
    },
  );
}
