import { join } from "node:path";
import type { LoadedSelection } from "../fleet/load.ts";
import type { PlatformSince, Since } from "../fleet/since.ts";
import { stackNames } from "../fleet/targets.ts";
import { type Diagnostic, reporterOf } from "../manifest/diagnostic.ts";
import { ORGANIZATIONS_FOLDER } from "../manifest/read.ts";
import {
  allNames,
  displacedText,
  identityOf,
  incompleteText,
  type NamesText,
  renameText,
  sharedIdentity,
  unknownText,
} from "../model/identity.ts";
import type { OrganizationModel } from "../model/model.ts";
import { quotedPath } from "../shared/list-names.ts";
import { type BaseModels, readBase } from "./base-models.ts";

/**
 * The organizations that were renamed since a revision, and whose `previously` doesn't declare it: a manifest that vanished, or became
 * that of another customer, has the id of a new one or shares its identity. Also organizations that lost their manifest to a renamed
 * one.
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
    found.push(...undeclaredRenames(each, since, base));
  }
  return found;
}

function undeclaredRenames(
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
  const unreadable = new Set([...base.organizations.keys()].filter((name) => !known.has(name)));
  const living = left.filter(([, { state }]) => state !== "deleted");
  return changed.flatMap((organization) => {
    const { name, previously, id } = organization;
    const own = known.get(name);
    const file = quotedPath(`${ORGANIZATIONS_FOLDER}/${name}.yaml`);
    const report = (text: NamesText, expected?: string) =>
      diagnosticOf(selection.folder, organization, text, expected);
    const isOwn = own?.firstName === organization.firstName;
    if (isOwn && isSame(own, organization)) return [];
    const from = own?.id === id ? undefined : before.find(([, model]) => model.id === id)?.[1];
    if (from !== undefined && !previously.includes(from.name)) {
      const names = allNames(from);
      return [report(incompleteText({ to: organization, names, file }), lineOf(names))];
    }
    if (from !== undefined) {
      const isKept =
        own === undefined || own.state === "deleted" || changed.some((each) => each.id === own.id);
      return isKept ? [] : [report(displacedText(from.name, allNames(own)))];
    }
    for (const [, model] of left.filter(([each]) => each !== name)) {
      const shared = sharedIdentity(identityOf(model), identityOf(organization));
      const names = allNames(model);
      if (shared !== undefined)
        return [report(renameText({ to: organization, names, file }, shared), lineOf(names))];
    }
    const isUnknown = previously.length > 0 && !isOwn && !previously.some((each) => unreadable.has(each));
    return isUnknown && living.length > 0
      ? [
          report(
            unknownText(
              organization,
              living.map(([each]) => each),
              file,
            ),
          ),
        ]
      : [];
  });
}

function lineOf(names: readonly string[]): string {
  return `\`previously: [${names.join(", ")}]\``;
}

function diagnosticOf(
  folder: string,
  { name, previously }: OrganizationModel,
  text: NamesText,
  expected?: string,
): Diagnostic {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${name}.yaml`);
  const path = [previously.length === 0 ? "name" : "previously"];
  const found = previously.length === 0 ? "no `previously`" : lineOf(previously);
  return reporterOf(file)(
    { severity: "error", rule: "undeclared-rename", path },
    { ...text, expected, found },
  );
}
