import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TestProject } from "../project.ts";

/** The parts of a stack besides its program: its state, its settings and the existing objects. */
const PARTS = [
  "backend/.pulumi/meta.yaml",
  "backend/.pulumi/stacks",
  "backend/.pulumi/locks",
  "settings",
  "world",
];

/** Saves a stack as the Pulumi CLI left it, so that tests without the CLI can take it over. */
export function keepFixture(name: string, project: TestProject): void {
  const folder = folderOf(name);
  rmSync(folder, { recursive: true, force: true });
  for (const part of PARTS) {
    const from = join(project.folder, part);
    if (existsSync(from)) cpSync(from, join(folder, part), { recursive: true });
  }
  rmSync(join(folder, "world/calls.jsonl"), { force: true });
  rmSync(join(folder, "world/faults.json"), { force: true });
  rmSync(join(folder, "world/provider.pid"), { force: true });
}

/** Opens a saved stack in a project of the embedded engine. */
export function openFixture(name: string): TestProject {
  const project = new TestProject();
  cpSync(folderOf(name), project.folder, { recursive: true });
  return project;
}

function folderOf(name: string): string {
  return join(import.meta.dirname, "fixtures", name);
}
