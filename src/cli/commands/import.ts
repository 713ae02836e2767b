import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import { readOrganizationRows } from "../../intake/app-rows.ts";
import { addJsonOption, addSandboxOption } from "../options.ts";
import type { Session } from "../session.ts";
import { type IntakeOptions, writeManifests } from "./intake.ts";
import { loadTargets } from "./vendors.ts";

export function addImport(program: Command, session: Session): void {
  const command = program
    .command("import")
    .description(
      "Add members, invitations, workspaces, apps and cron jobs that were created in the product to an organization's manifest",
    )
    .argument("<organizations...>", "Stacks (agntdata.acme) or manifests (stacks/agntdata/orgs/acme.yaml)");
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: IntakeOptions) =>
    importOrganizations(session, targets, options),
  );
}

async function importOrganizations(
  session: Session,
  names: readonly string[],
  options: IntakeOptions,
): Promise<void> {
  const targets = await loadTargets(session, names, "nothing was written", true);
  await writeManifests(session, targets, options, true, async ({ platform, selection }, context, project) => {
    if (selection.organizations === "all" || selection.organizations.length === 0)
      throw wholePlatform(platform);
    const database = await context.controlPlane(project);
    const found = selection.organizations.map(async (name) => {
      const rows = await database.read((query) => readOrganizationRows(query, platform, name));
      if (rows === undefined) throw unknown(platform, name);
      return rows;
    });
    return Promise.all(found);
  });
}

function wholePlatform(platform: string): UserError {
  return new UserError(`tenantry import works on single organizations, not on all of ${platform}`, {
    remedy: `Name a stack, such as ${platform}.acme. To add requested organizations and workspaces, run tenantry intake.`,
  });
}

function unknown(platform: string, name: string): UserError {
  return new UserError(`The control plane of ${platform} has no organization ${name}`, {
    remedy: "Find its name in the product's URL or in the table public.organizations of the control plane.",
  });
}
