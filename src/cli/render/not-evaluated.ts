import { listPaths } from "../../shared/list-names.ts";

/** The length of a path. A longer one ends with an ellipsis. */
const LONGEST = 60;

/** Says which files of code changed that a plan doesn't run. */
export function notEvaluatedText(files: readonly string[]): string {
  const short = files.map((file) => (file.length <= LONGEST ? file : `${file.slice(0, LONGEST)}…`));
  return `${listPaths(short)}. This code changed too, and a plan doesn't run it. \`tenantry preview\` shows its effect.`;
}
