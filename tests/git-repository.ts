import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Git without the settings of the person who runs the tests. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  ...Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) => [
      [`GIT_${role}_NAME`, "Ada"],
      [`GIT_${role}_EMAIL`, "ada@acme.example"],
      [`GIT_${role}_DATE`, "2026-11-22T12:00:00Z"],
    ]),
  ),
};

/** A git repository in a temporary folder. */
export class Repository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a repository whose branch `main` has these files. The branch `change` is checked out. */
  static with(files: Readonly<Record<string, string>>, folder = newFolder()): Repository {
    const repository = new Repository(folder);
    mkdirSync(folder, { recursive: true });
    repository.git("init", "--quiet", "--initial-branch=main");
    repository.write(files);
    repository.commit();
    repository.git("checkout", "--quiet", "-b", "change");
    return repository;
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd: this.folder,
      env: ENVIRONMENT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true });
  }

  commit(): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", "A change");
    return this.git("rev-parse", "HEAD");
  }
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-git-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
