import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withBlock } from "../../src/reviews/code-owners.ts";
import { Repository } from "../git-repository.ts";
import { ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const MAINTAINERS =
  "maintainers:\n  - { email: lin@demo.example, github: Lin }\n  - { email: kim@demo.example, github: kim }\n";
const ADMINS =
  "members:\n  - { email: grace@acme.example, role: admin, github: grace-h }\n  - { email: alan@acme.example, role: member, github: alan }\n";
const FILES = {
  "stacks/demo/platform.yaml": PLATFORM.concat(MAINTAINERS),
  "stacks/demo/orgs/acme.yaml": ORGANIZATION.concat(ADMINS),
  "stacks/demo/orgs/beta.yaml": ORGANIZATION.replaceAll("acme", "beta"),
};

const run = ({ folder }: Repository, ...args: readonly string[]) =>
  tenantry(["codeowners", ...args], { cwd: folder, env: { TENANTRY_TODAY: "2026-11-22" } });
const read = ({ folder }: Repository, file = ".github/CODEOWNERS") =>
  readFileSync(join(folder, file), "utf8");

describe("codeowners", () => {
  test("names the maintainers, and an organization's admins after them", async () => {
    const repository = Repository.with({
      ...FILES,
      "Pulumi.yaml": "name: x\nruntime: nodejs\n",
      "policies/a.ts": "",
    });
    expect(await run(repository)).toMatchObject({ exitCode: 0, stdout: "Wrote .github/CODEOWNERS\n" });
    expect(read(repository).split("\n").slice(1, -2)).toEqual([
      "/Pulumi.yaml @kim @Lin",
      "/policies/ @kim @Lin",
      "/.github/workflows/ @kim @Lin",
      "/.github/actions/ @kim @Lin",
      "/.github/CODEOWNERS @kim @Lin",
      "/stacks/demo/ @kim @Lin",
      "/stacks/demo/orgs/acme.yaml @grace-h",
    ]);
    expect(await run(repository, "--check")).toMatchObject({ exitCode: 0 });
  });

  test("keeps the lines of people, in the file that GitHub reads", async () => {
    const repository = Repository.with({ ...FILES, CODEOWNERS: "* @everyone\n" });
    expect((await run(repository, "--check")).exitCode).toBe(2);
    expect(read(repository, "CODEOWNERS")).toBe("* @everyone\n");
    await run(repository);
    repository.write({ CODEOWNERS: `${read(repository, "CODEOWNERS")}/docs/ @writers\n` });
    repository.write({ "stacks/demo/orgs/acme.yaml": ORGANIZATION });
    await run(repository);
    const text = read(repository, "CODEOWNERS");
    expect(text).toMatch(/^\* @everyone\n\n# tenantry codeowners: begin[\s\S]*end\n\/docs\/ @writers\n$/);
    expect(text).not.toContain("acme.yaml");
    expect(existsSync(join(repository.folder, ".github"))).toBe(false);
  });

  test("escapes spaces, and matches characters that GitHub can't escape", async () => {
    const repository = Repository.with(
      Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`our #1 [apps]/${path}`, text])),
    );
    const { exitCode } = await tenantry(["codeowners"], {
      cwd: join(repository.folder, "our #1 [apps]"),
      env: { TENANTRY_TODAY: "2026-11-22" },
    });
    expect(exitCode).toBe(0);
    expect(read(repository)).toContain("\n/our\\ ?1\\ ?apps?/stacks/demo/ @kim @Lin\n");
  });

  test("writes nothing for manifests with errors, and never through a link", async () => {
    const repository = Repository.with({ ...FILES, "stacks/demo/orgs/beta.yaml": "name: beta\n" });
    expect((await run(repository)).exitCode).toBe(1);
    expect(existsSync(join(repository.folder, ".github"))).toBe(false);
    const linked = Repository.with({ ...FILES, "elsewhere.txt": "kept" });
    symlinkSync("elsewhere.txt", join(linked.folder, "CODEOWNERS"));
    expect(await run(linked)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("symbolic link"),
    });
    expect(read(linked, "elsewhere.txt")).toBe("kept");
  });

  test("warns of a platform without maintainers", async () => {
    const repository = Repository.with({ ...FILES, "stacks/demo/platform.yaml": PLATFORM });
    const { stderr } = await run(repository);
    expect(stderr).toContain("stacks/demo/platform.yaml has no `maintainers`");
    expect(read(repository)).toContain("/stacks/demo/orgs/acme.yaml @grace-h");
  });

  test.each([
    ["no end", "# tenantry codeowners: begin\n/a @b\n"],
    ["no begin", "# tenantry codeowners: end\n"],
    ["two blocks", "# tenantry codeowners: begin\n# tenantry codeowners: end\n".repeat(2)],
  ])("refuses a file whose block has %s", (_, text) => {
    expect(() => withBlock(text, [], "CODEOWNERS")).toThrow("exactly one block");
  });
});
