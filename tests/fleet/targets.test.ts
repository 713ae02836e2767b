import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTargets } from "../../src/fleet/targets.ts";

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "tenantry-targets-"));
  for (const file of [
    "stacks/agntdata/platform.yaml",
    "stacks/agntdata/orgs/acme.yaml",
    "stacks/agntdata/orgs/beta.yaml",
    "stacks/camelai/platform.yaml",
    "stacks/.notes/readme.md",
    "stacks/Pulumi.agntdata.acme.yaml",
    "stacks/README.md",
    "elsewhere/agntdata/platform.yaml",
  ]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
});

afterAll(() => rmSync(root, { recursive: true }));

const find = (names: string[], cwd = ".", env = {}) => {
  const found = findTargets(names, { cwd: join(root, cwd), env });
  return found.map(({ folder, ...rest }) => ({ folder: folder.slice(root.length + 1), ...rest }));
};

const all = (folder: string) => ({ folder, own: true, organizations: "all" });
const some = (...organizations: string[]) => ({ folder: "stacks/agntdata", own: false, organizations });

describe("targets", () => {
  test.each([
    ["no target: every platform in stacks", [], ".", [all("stacks/agntdata"), all("stacks/camelai")]],
    ["no target, from a subfolder", [], "stacks/.notes", [all("stacks/agntdata"), all("stacks/camelai")]],
    ["a platform's folder", ["stacks/agntdata"], ".", [all("stacks/agntdata")]],
    ["the current folder", ["."], "stacks/agntdata", [all("stacks/agntdata")]],
    ["a folder of platforms", ["stacks"], ".", [all("stacks/agntdata"), all("stacks/camelai")]],
    ["a platform elsewhere", ["elsewhere/agntdata"], ".", [all("elsewhere/agntdata")]],
    ["an organization's file", ["stacks/agntdata/orgs/acme.yaml"], ".", [some("acme")]],
    ["a platform's file", ["stacks/agntdata/platform.yaml"], ".", [{ ...some(), own: true }]],
    ["an organization's stack", ["agntdata.acme"], ".", [some("acme")]],
    ["a platform's own stack", ["agntdata.platform"], ".", [{ ...some(), own: true }]],
    ["an organization without a manifest", ["agntdata.gone"], ".", [some("gone")]],
    ["the folder of organizations", ["stacks/agntdata/orgs"], ".", [{ ...some(), organizations: "all" }]],
    [
      "several organizations of a platform",
      ["agntdata.acme", "agntdata.beta", "agntdata.acme"],
      ".",
      [some("acme", "beta")],
    ],
    [
      "a platform and one of its organizations",
      ["agntdata.acme", "stacks/agntdata"],
      ".",
      [all("stacks/agntdata")],
    ],
  ])("%s", (_what, names, cwd, expected) => {
    expect(find(names, cwd)).toEqual(expected);
  });

  test.each([
    ["a platform's folder", "linked", ["linked"]],
    ["a file", "acme.yaml", ["acme.yaml"]],
    ["a file in a folder", "linked", ["linked/orgs/acme.yaml"]],
  ])("%s that is outside the current folder because of a link is refused", (_what, name, names) => {
    const cwd = mkdtempSync(join(root, "here-"));
    const target = name === "linked" ? "stacks/agntdata" : "stacks/agntdata/orgs/acme.yaml";
    symlinkSync(join(root, target), join(cwd, name));
    expect(() => findTargets(names, { cwd, env: {} })).toThrow("leads out of the current folder");
    expect(() => findTargets([], { cwd, env: { TENANTRY_STACKS: name } })).toThrow(
      "leads out of the current folder",
    );
  });

  test("TENANTRY_STACKS sets the folder of platforms", () => {
    expect(find([], ".", { TENANTRY_STACKS: "elsewhere" })).toEqual([all("elsewhere/agntdata")]);
  });

  test.each([
    ["a missing folder", "stacks/agntdat", "Did you mean stacks/agntdata?"],
    ["a missing file", "stacks/agntdata/orgs/acmee.yaml", "Did you mean stacks/agntdata/orgs/acme.yaml?"],
    ["a stack of an unknown platform", "agentdata.acme", "Did you mean agntdata.acme?"],
    ["an unknown name", "xyzzy-quux", "Name a platform's folder"],
    ["a folder without a platform", "stacks/.notes", "Name a platform's folder"],
    ["a file that isn't a manifest", "stacks/.notes/readme.md", "Name a file such as"],
  ])("%s is a user error with a remedy", (_what, name, remedy) => {
    const error = thrownBy(() => find([name]));
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).remedy).toContain(remedy);
  });

  test("no platform at all is a user error", () => {
    expect(() => findTargets([], { cwd: "/", env: {} })).toThrow(UserError);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("a folder of platforms", () => {
  test.each([
    ["a folder whose manifest has another name", "two/platform.yml", "two in stacks has no platform.yaml"],
    ["a folder without files, as of a submodule", "sub/.gitkeep", "sub in stacks has no platform.yaml"],
    ["a manifest beside the platforms", "beta.yaml", "beta.yaml in stacks isn't the folder of a platform"],
  ])("is refused with %s, with and without a target", (_, stray, message) => {
    const folder = mkdtempSync(join(tmpdir(), "tenantry-strays-"));
    for (const file of ["stacks/one/platform.yaml", join("stacks", stray)]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), "");
    }
    for (const names of [[], ["stacks"]])
      expect(() => findTargets(names, { cwd: folder, env: {} })).toThrow(message);
    expect(findTargets(["stacks/one"], { cwd: folder, env: {} })).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});
