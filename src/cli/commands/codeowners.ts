import { existsSync, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import { projectFolder } from "../../fleet/project.ts";
import { PACKAGES } from "../../fleet/since.ts";
import { findTargets } from "../../fleet/targets.ts";
import { PLATFORM_FILE, readPlatformFile } from "../../manifest/read.ts";
import { type OwnedPlatform, ownerLines, withBlock } from "../../reviews/code-owners.ts";
import { Revision } from "../../revisions/revision.ts";
import type { Session } from "../session.ts";
import { writeWhole } from "../write-whole.ts";
import { loadManifests, reportDiagnostics } from "./manifests.ts";

interface CodeOwnersOptions {
  readonly check?: boolean;
  /** Relative to the current folder. */
  readonly file?: string;
}

export function addCodeOwners(program: Command, session: Session): void {
  program
    .command("codeowners")
    .description("Write who reviews which manifest to CODEOWNERS, from `github` in the manifests")
    .option("--check", "Write nothing, and exit with 2 if the file differs")
    .option("--file <file>", "The file. Default: the one that GitHub reads, or .github/CODEOWNERS")
    .action((options: CodeOwnersOptions) => codeOwners(session, options));
}

/** GitHub reads the first one of these. */
const PLACES = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

async function codeOwners(session: Session, options: CodeOwnersOptions): Promise<void> {
  const { io } = session;
  const selections = findTargets([], io);
  const loaded = await loadManifests(session, selections);
  if (!reportDiagnostics(session, loaded, "CODEOWNERS wasn't written").ok) return;
  const revision = await Revision.mergeBase("HEAD", io.cwd, io.env);
  const path = fileOf(revision.root, io.cwd, options.file);
  const name = revision.pathOf(path);
  const platforms = loaded.map(({ selection: { folder }, organizations }): OwnedPlatform => {
    const { maintainers = [] } = readPlatformFile(folder).parsed?.manifest ?? {};
    return { path: revision.pathOf(folder), maintainers, organizations };
  });
  for (const { path, maintainers } of platforms)
    if (maintainers.length === 0)
      session.log(`warning: ${path}/${PLATFORM_FILE} has no \`maintainers\`, so its folder gets no line.`);
  const code = [...codeIn(projectFolder(io.cwd), revision), ".github/workflows/", ".github/actions/"];
  const lines = ownerLines(platforms, code, name);
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const after = withBlock(before, lines, name);
  if (before === after) return session.print(`${name} is up to date`);
  if (options.check === true) {
    session.exitCode = 2;
    return session.print(`${name} is out of date. Run: tenantry codeowners`);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, after, `${name} can't be written`);
  session.print(`Wrote ${name}`);
}

function fileOf(root: string, cwd: string, given: string | undefined): string {
  const place = PLACES.find((each) => existsSync(join(root, each))) ?? PLACES[0] ?? "";
  const path = given === undefined ? join(root, place) : resolve(cwd, given);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new UserError(`${relative(cwd, path)} is a symbolic link, which GitHub doesn't follow`, {
      remedy: "Replace it by a file.",
    });
  return path;
}

/** The code that decides what a run does, by its path in the repository. */
const CODE = ["Pulumi.yaml", ...PACKAGES, "infra", "policies", "src"];

function codeIn(project: string, revision: Revision): string[] {
  const inside = revision.pathOf(project);
  if (inside.split("/").some((part) => part === ".." || part === "node_modules")) return [];
  return CODE.flatMap((name) => {
    const found = lstatSync(join(project, name), { throwIfNoEntry: false });
    if (found === undefined) return [];
    const path = inside === "" ? name : `${inside}/${name}`;
    return [found.isDirectory() ? `${path}/` : path];
  });
}
