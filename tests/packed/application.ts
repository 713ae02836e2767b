import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOSITORY = join(import.meta.dirname, "../..");

/** A folder of another project, outside of this repository. */
class Folder {
  readonly folder: string;
  readonly #tenantry: string;

  constructor(folder: string, tenantry: string) {
    this.folder = folder;
    this.#tenantry = tenantry;
  }

  tenantry(...args: string[]) {
    return spawnSync(this.#tenantry, args, { cwd: this.folder, encoding: "utf8" });
  }

  node(...args: string[]) {
    return spawnSync(process.execPath, args, { cwd: this.folder, encoding: "utf8" });
  }
}

/** An application that installs this repository's packages from their tarballs. */
export class Application extends Folder {
  readonly #parent: string;

  constructor() {
    const parent = mkdtempSync(join(tmpdir(), "tenantry-packed-"));
    const folder = join(parent, "application");
    super(folder, join(folder, "node_modules/.bin/tenantry"));
    this.#parent = parent;
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "application", private: true }));
  }

  /** A folder beside the application's that uses its installation. */
  at(name: string): Folder {
    return new Folder(join(this.#parent, name), join(this.folder, "node_modules/.bin/tenantry"));
  }

  /** Installs a package of this repository, packed as `npm publish` would pack it. */
  install(workspace: "." | "packages/sandbox"): void {
    npm(this.folder, [
      "install",
      "--ignore-scripts",
      "--prefer-offline",
      "--no-audit",
      this.#pack(workspace),
    ]);
  }

  #pack(workspace: string): string {
    const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", this.#parent];
    const of = workspace === "." ? [] : ["--workspace", workspace];
    const [packed] = JSON.parse(npm(REPOSITORY, [...args, ...of])) as { filename: string }[];
    if (packed === undefined) throw new Error("npm pack made no tarball");
    return join(this.#parent, packed.filename);
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

/** Builds the packages' declarations, which no other test uses. The tests of a suite share one build of the rest. */
export function buildDeclarations(): void {
  npm(REPOSITORY, ["run", "--silent", "build:types"]);
}

function npm(cwd: string, args: readonly string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
