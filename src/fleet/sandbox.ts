import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { RunningSandbox, SandboxOptions } from "@tenantry/sandbox";
import type { LoadedSelection } from "./load.ts";
import { type SandboxVariables, sandboxVariables, stateFolder } from "./sandbox-variables.ts";

/** Joins or starts the sandbox with the Supabase organizations of the platforms. Undefined when the run uses none. */
export async function openSandbox(
  loaded: readonly LoadedSelection[],
  { cwd, sandbox }: { readonly cwd: string; readonly sandbox: string | undefined },
): Promise<RunningSandbox<SandboxVariables> | undefined> {
  if (sandbox === undefined) return undefined;
  const organizations = [
    ...new Set(loaded.flatMap(({ platformModel }) => platformModel?.project.organization ?? [])),
  ];
  return joinSandbox({ folder: resolve(cwd, sandbox), ...(organizations.length > 0 && { organizations }) });
}

/**
 * Joins the sandbox in a folder, or starts one there.
 *
 * @throws UserError when the package isn't installed: a production install doesn't carry it
 */
export async function joinSandbox(
  options: Omit<SandboxOptions, "variables">,
): Promise<RunningSandbox<SandboxVariables>> {
  const { joinSandbox: join } = await sandboxPackage();
  const sandbox = await join({ ...options, variables: sandboxVariables });
  // The Pulumi CLI needs an existing folder.
  await mkdir(stateFolder(sandbox.folder), { recursive: true });
  return sandbox;
}

async function sandboxPackage() {
  try {
    return await import("@tenantry/sandbox");
  } catch (error) {
    if (!isNotInstalled(error)) throw error;
    throw new UserError(
      "The local Supabase and Stripe are in the package @tenantry/sandbox, which isn't installed.",
      {
        remedy: "Run: npm install --save-dev @tenantry/sandbox",
        cause: error,
      },
    );
  }
}

function isNotInstalled(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ERR_MODULE_NOT_FOUND" && message.includes("'@tenantry/sandbox'");
}
