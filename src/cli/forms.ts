import { randomUUID } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChangePlan } from "../plan/plan.ts";
import { renderHtml } from "./render/html.ts";
import { type MarkdownOptions, renderMarkdown } from "./render/markdown.ts";
import type { Session } from "./session.ts";

export interface FormOptions {
  /** Relative to the current folder. */
  readonly markdown?: string;
  /** Relative to the current folder. */
  readonly html?: string;
  readonly commentId?: string;
}

/** Adds the options that write a plan to files, for reviewers. */
export function addFormOptions(command: Command): Command {
  return command
    .option("--markdown <file>", "Write the plan as a comment of a pull request, in GitHub's Markdown")
    .addOption(
      new Option(
        "--comment-id <id>",
        "Add this id to the hidden first line of --markdown, so that several comments on one pull request can be told apart",
      ).argParser(commentId),
    )
    .option("--html <file>", "Write the plan as one page that needs no other file");
}

/** It is part of a comment of HTML, and of a search for it. */
function commentId(text: string): string {
  if (/^[A-Za-z0-9](?:[._/]?-?[A-Za-z0-9])*$/.test(text) && text.length <= 64) return text;
  throw new InvalidArgumentError(
    "Expected up to 64 letters, digits and single characters of . _ / - between them.",
  );
}

/** Writes the forms of a plan that the user asked for, each file whole or not at all. */
export function writeForms(
  session: Session,
  { markdown, html, commentId }: FormOptions,
  plan: ChangePlan,
  { command, notEvaluated = [] }: Pick<MarkdownOptions, "command" | "notEvaluated">,
): void {
  if (markdown !== undefined)
    writeWhole(session, markdown, renderMarkdown(plan, { command, notEvaluated, commentId }));
  if (html !== undefined) writeWhole(session, html, renderHtml(plan, notEvaluated));
}

function writeWhole(session: Session, file: string, text: string): void {
  const path = resolve(session.io.cwd, file);
  const unfinished = `${path}.${randomUUID()}.tmp`;
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
