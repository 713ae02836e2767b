import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChangePlan } from "../plan/plan.ts";
import { renderHtml } from "./render/html.ts";
import { type MarkdownOptions, renderMarkdown } from "./render/markdown.ts";
import type { Session } from "./session.ts";
import { writeWhole } from "./write-whole.ts";

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
    write(session, markdown, renderMarkdown(plan, { command, notEvaluated, commentId }));
  if (html !== undefined) write(session, html, renderHtml(plan, notEvaluated));
}

function write({ io }: Session, file: string, text: string): void {
  writeWhole(resolve(io.cwd, file), text, `${file} can't be written`);
}
