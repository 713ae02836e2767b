import { renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import type { ChangePlan } from "../plan/plan.ts";
import { renderHtml } from "./render/html.ts";
import { renderMarkdown } from "./render/markdown.ts";
import type { Session } from "./session.ts";

export interface FormOptions {
  /** Relative to the current folder. */
  readonly markdown?: string;
  /** Relative to the current folder. */
  readonly html?: string;
}

/** Adds the options that write a plan to files, for reviewers. */
export function addFormOptions(command: Command): Command {
  return command
    .option("--markdown <file>", "Write the plan as a comment of a pull request, in GitHub's Markdown")
    .option("--html <file>", "Write the plan as one page that needs no other file");
}

/**
 * Writes the forms of a plan that the user asked for, each file whole or not at all.
 *
 * @param notEvaluated files of code that changed and that the plan didn't run
 */
export function writeForms(
  session: Session,
  { markdown, html }: FormOptions,
  plan: ChangePlan,
  notEvaluated: readonly string[] = [],
): void {
  if (markdown !== undefined) writeWhole(session, markdown, renderMarkdown(plan, notEvaluated));
  if (html !== undefined) writeWhole(session, html, renderHtml(plan, notEvaluated));
}

function writeWhole(session: Session, file: string, text: string): void {
  const path = resolve(session.io.cwd, file);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    // An existing file or link isn't written through.
    writeFileSync(unfinished, text, { flag: "wx" });
    renameSync(unfinished, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} can't be written: ${reason}`, {
      remedy: "Name a file in an existing folder that you may write to.",
      cause: error,
    });
  }
}
