import { resolve } from "node:path";
import type { RunningSandbox } from "@tenantry/sandbox";
import { joinSandbox } from "@tenantry/sandbox";
import type { LoadedSelection } from "./load.ts";

/** Connects to the sandbox or starts it, with the platforms' Supabase organizations; undefined without --sandbox. */
export async function openSandbox(
  loaded: readonly LoadedSelection[],
  { cwd, sandbox }: { readonly cwd: string; readonly sandbox: string | undefined },
): Promise<RunningSandbox | undefined> {
  if (sandbox === undefined) return undefined;
  const organizations = [
    ...new Set(loaded.flatMap(({ platformModel }) => platformModel?.project.organization ?? [])),
  ];
  return joinSandbox({ folder: resolve(cwd, sandbox), ...(organizations.length > 0 && { organizations }) });
}
