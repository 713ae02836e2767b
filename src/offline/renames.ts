import { join } from "node:path";
import type { LoadedSelection } from "../fleet/load.ts";
import type { PlatformSince, Since } from "../fleet/since.ts";
import { stackNames } from "../fleet/targets.ts";
import { type Diagnostic, reporterOf } from "../manifest/diagnostic.ts";
import { ORGANIZATIONS_FOLDER } from "../manifest/read.ts";
import { identityOf, renameText, sharedIdentity } from "../model/identity.ts";
import type { OrganizationModel } from "../model/model.ts";
import { quotedPath } from "../shared/list-names.ts";
import { type BaseModels, readBase } from "./base-models.ts";

/**
 * The organizations that seem to be renamed since a revision without `previously`: a manifest that vanished, or became that of
 * another customer, shares its identity with a new one.
 *
 * @param today `2026-11-22`
 */
export async function renamesSince(
  loaded: readonly LoadedSelection[],
  { revision, platforms }: Since,
  today: string,
): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const each of loaded) {
    const since = platforms.find(({ folder }) => folder === each.selection.folder);
    // An organization without a manifest before can only be one that was renamed if another one changed too.
    if (since === undefined || since.organizations.length < 2) continue;
    const base = await readBase(revision, since, since.organizations, today);
    found.push(...unnamedRenames(each, since, base));
  }
  return found;
}

function unnamedRenames(
  { platform, selection, organizations }: LoadedSelection,
  since: PlatformSince,
  base: BaseModels,
): Diagnostic[] {
  const changed = organizations.filter(({ name }) => since.organizations.includes(name));
  const declared = new Set(stackNames(selection.folder));
  const before = [...base.organizations].flatMap(([name, model]) =>
    "organization" in model && model.organization !== undefined ? [[name, model.organization] as const] : [],
  );
  const isSame = (a: OrganizationModel, b: OrganizationModel) =>
    sharedIdentity(identityOf(a), identityOf(b)) !== undefined;
  const now = new Map(changed.map((organization) => [organization.name, organization]));
  const left = before.filter(([name, model]) => {
    if (changed.some(({ id, name: other }) => id === model.id && other !== name)) return false;
    const same = now.get(name);
    return same === undefined ? !declared.has(`${platform}.${name}`) : !isSame(model, same);
  });
  const known = new Map(before);
  return changed.flatMap((organization) => {
    const { name, previously } = organization;
    const own = known.get(name);
    if (previously.length > 0 || (own !== undefined && isSame(own, organization))) return [];
    return left
      .filter(([from]) => from !== name)
      .flatMap(([from, model]) => {
        const shared = sharedIdentity(identityOf(model), identityOf(organization));
        return shared === undefined ? [] : [unnamed(selection.folder, from, name, shared)];
      })
      .slice(0, 1);
  });
}

function unnamed(folder: string, from: string, to: string, shared: readonly string[]): Diagnostic {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${to}.yaml`);
  const text = renameText({ from, to, shared, file: quotedPath(`${ORGANIZATIONS_FOLDER}/${to}.yaml`) });
  return reporterOf(file)(
    { severity: "error", rule: "renamed-without-previously", path: ["name"] },
    { ...text, expected: `\`previously: [${from}]\``, found: "no `previously`" },
  );
}
