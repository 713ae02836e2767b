import { resolve } from "node:path";
import { joinSandbox } from "../sandbox/join.ts";
import type { RunningSandbox } from "../sandbox/running-sandbox.ts";
import type { LoadedSelection } from "./load.ts";

/** Joins or starts the sandbox, with the Supabase organizations that the platforms are in; undefined when none is asked for. */
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
