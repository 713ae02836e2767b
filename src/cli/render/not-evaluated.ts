import { count } from "../../shared/format.ts";
import { listPaths } from "../../shared/list-names.ts";

/** The length of a path. A longer one ends with an ellipsis. */
const LONGEST = 60;

/** Says which files of code changed that a plan doesn't run. */
export function notEvaluatedText(files: readonly string[]): string {
  const short = files.map((file) => (file.length <= LONGEST ? file : `${file.slice(0, LONGEST)}…`));
  return `${listPaths(short)}. ${EFFECT}`;
}

/** The same without the names of the files, where there is no room for them. */
export function notEvaluatedCount(files: readonly string[]): string {
  return `${count(files.length, "file")}. ${EFFECT}`;
}

const EFFECT = "This code changed too, and a plan doesn't run it. `tenantry preview` shows its effect.";
