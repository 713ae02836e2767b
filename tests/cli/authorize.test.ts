import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuthorizeDocument } from "../../src/cli/commands/authorize.ts";
import { Repository } from "../git-repository.ts";
import { ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const PLATFORM_PATH = "stacks/demo/platform.yaml";
const ACME = "stacks/demo/orgs/acme.yaml";
const BETA = "stacks/demo/orgs/beta.yaml";
const maintainers = (...people: readonly string[]) =>
  `maintainers:\n${people.map((name) => `  - { email: ${name}@demo.example, github: ${name}-hub }\n`).join("")}`;
const consent = (approvedBy = "lin@demo.example", expires = "2026-12-01") =>
  `consents:\n  - { delete: acme/staging, reason: unused, approvedBy: ${approvedBy}, expires: ${expires} }\n`;
const override = (approvedBy = "lin@demo.example") =>
  `limits: { seats: { value: 9, reason: pilot, approvedBy: ${approvedBy}, expires: 2027-01-01 } }\n`;
const BASE = {
  [PLATFORM_PATH]: PLATFORM.concat(maintainers("lin", "kim")),
  [ACME]: ORGANIZATION,
  [BETA]: ORGANIZATION.replaceAll("acme", "beta"),
};

type Files = Readonly<Record<string, string>>;

/** Runs the command for a change by `ada-hub`, which `reviewers` approved. */
async function authorized(
  {
    base = BASE,
    change = {},
    edit,
  }: { base?: Files; change?: Files; edit?: (repository: Repository) => void },
  reviewers = "lin-hub",
  actor = "ada-hub",
) {
  const repository = Repository.with(base);
  repository.write(change);
  edit?.(repository);
  return run(repository, reviewers, actor);
}

async function run({ folder }: Repository, reviewers: string, actor: string, since = "main") {
  const approvedBy = ["--approved-by", ...reviewers.split(" ").filter(Boolean)];
  const args = ["authorize", "--since", since, "--actor", actor, ...approvedBy, "--json"];
  const ran = await tenantry(args, { cwd: folder, env: { TENANTRY_TODAY: "2026-11-22" } });
  const { approvals = [] } = JSON.parse(ran.stdout) as Partial<AuthorizeDocument>;
  return {
    ...ran,
    found: approvals.map(
      ({ file, what, problem }) => `${file} ${what}${problem === null ? "" : `: ${problem}`}`,
    ),
  };
}

const withConsent = { [ACME]: ORGANIZATION.concat(consent()) };

describe("a new exception", () => {
  test.each([
    ["of a consent is approved by a reviewer who maintains the base", withConsent, "kim-hub lin-hub", null],
    ["of a limit too", { [ACME]: ORGANIZATION.concat(override()) }, "lin-hub", null],
    ["counts a login in another case", withConsent, "LIN-Hub", null],
    [
      "isn't approved without a review",
      withConsent,
      "",
      "lin-hub (lin@demo.example) hasn't approved the change",
    ],
    [
      "isn't approved by another maintainer",
      withConsent,
      "kim-hub",
      "lin-hub (lin@demo.example) hasn't approved the change",
    ],
    [
      "isn't approved by somebody who isn't a maintainer",
      { [ACME]: ORGANIZATION.concat(consent("eve@demo.example")) },
      "eve-hub lin-hub",
      "eve@demo.example isn't among the `maintainers` of the base revision",
    ],
  ])("%s", async (_, change, reviewers, problem) => {
    const { exitCode, found } = await authorized({ change }, reviewers);
    expect(found.map((line) => line.split(": ").slice(1).join(": ") || null)).toEqual([problem]);
    expect(exitCode).toBe(problem === null ? 0 : 1);
  });

  test("isn't approved by its author, in any case", async () => {
    const { exitCode, found } = await authorized({ change: withConsent }, "LIN-hub", "Lin-Hub");
    expect({ exitCode, found }).toEqual({
      exitCode: 1,
      found: [`${ACME} consents: lin-hub is the author of the change, and can't approve it`],
    });
  });

  test("is found in an edit, in a copy and in another organization, but not in what was there", async () => {
    const base = { ...BASE, [ACME]: ORGANIZATION.concat(consent(), override()) };
    const found = async (change: Files) =>
      (await authorized({ base, change }, "")).found.map((line) => line.split(":")[0]);
    expect(await found({})).toEqual([]);
    expect(await found({ [ACME]: ORGANIZATION })).toEqual([]);
    expect(await found({ [ACME]: ORGANIZATION.concat(override(), consent()) })).toEqual([]);
    expect(
      await found({ [ACME]: ORGANIZATION.concat(consent("lin@demo.example", "2027-12-01"), override()) }),
    ).toEqual([`${ACME} consents`]);
    const [, line = ""] = consent().split(/(?<=consents:\n)/);
    expect(await found({ [ACME]: ORGANIZATION.concat(consent(), line, override()) })).toEqual([
      `${ACME} consents`,
    ]);
    expect(await found({ [BETA]: BASE[BETA]?.concat(override()) ?? "" })).toEqual([`${BETA} limits.seats`]);
  });

  test("stays approved when its organization is renamed, but not when its file is copied", async () => {
    const base = { ...BASE, [ACME]: ORGANIZATION.concat(override()) };
    const inc = ORGANIZATION.replace("name: acme", "name: inc\npreviously: [acme]").concat(override());
    const moved = { base, change: { "stacks/demo/orgs/inc.yaml": inc } };
    expect((await authorized({ ...moved, edit: (repository) => repository.remove(ACME) }, "")).found).toEqual(
      [],
    );
    expect((await authorized(moved, "")).exitCode).toBe(1);
  });
});

describe("a change can't approve itself", () => {
  const selfMade = PLATFORM.concat(maintainers("lin", "kim", "eve"));

  test("by adding a maintainer", async () => {
    const change = { [PLATFORM_PATH]: selfMade, [ACME]: ORGANIZATION.concat(consent("eve@demo.example")) };
    const { found } = await authorized({ change }, "eve-hub");
    expect(found).toEqual([
      `${PLATFORM_PATH} maintainers: no maintainer of the base revision other than its author has approved the change`,
      `${ACME} consents: eve@demo.example isn't among the \`maintainers\` of the base revision`,
    ]);
    expect((await authorized({ change: { [PLATFORM_PATH]: selfMade } }, "kim-hub")).exitCode).toBe(0);
  });

  test.each<readonly [string, Files, readonly string[]]>([
    [
      "guards",
      {
        [PLATFORM_PATH]: `${BASE[PLATFORM_PATH]}guards: { perRun: { members: { floor: 99, share: 100 } } }\n`,
      },
      [`${PLATFORM_PATH} guards`],
    ],
    [
      "limits of costs",
      { [PLATFORM_PATH]: `${BASE[PLATFORM_PATH]}cost: { perRun: { revenue: { decrease: 90% } } }\n` },
      [`${PLATFORM_PATH} cost`],
    ],
    [
      "policies",
      { "policies/row-security/workspace.yaml": "tables: {}\n" },
      ["policies/row-security/workspace.yaml the whole file"],
    ],
    [
      "workflows and CODEOWNERS",
      { ".github/workflows/ci.yml": "on: push\n", CODEOWNERS: "* @eve\n" },
      [".github/workflows/ci.yml the whole file", "CODEOWNERS the whole file"],
    ],
    [
      "a new platform",
      { "stacks/new/platform.yaml": PLATFORM.replace("name: demo", "name: new") },
      ["stacks/new/platform.yaml a new platform"],
    ],
  ])("by changing %s", async (_, change, files) => {
    const { found, exitCode } = await authorized({ change }, "eve-hub");
    expect(found.map((line) => line.split(":")[0])).toEqual(files);
    expect(exitCode).toBe(1);
    expect((await authorized({ change }, "kim-hub")).exitCode).toBe(0);
  });

  test("by moving the platform's folder, or by a link to it", async () => {
    const moved = (repository: Repository) => {
      renameSync(join(repository.folder, "stacks/demo"), join(repository.folder, "stacks/moved"));
      repository.write({ "stacks/moved/platform.yaml": selfMade.replace("name: demo", "name: moved") });
    };
    const first = await authorized({ edit: moved }, "eve-hub");
    expect(first.found.map((line) => line.split(":")[0])).toEqual([
      `${PLATFORM_PATH} the platform was moved or removed from stacks/demo`,
      "stacks/moved/platform.yaml a new platform",
    ]);
    const linked = (repository: Repository) => {
      renameSync(
        join(repository.folder, "stacks/demo/orgs/acme.yaml"),
        join(repository.folder, "stacks/demo/acme.txt"),
      );
      repository.write({ "stacks/demo/files/acme.txt": ORGANIZATION.concat(consent()) });
      repository.remove("stacks/demo/acme.txt");
      symlinkSync("../files/acme.txt", join(repository.folder, ACME));
    };
    expect((await authorized({ edit: linked }, "")).found).toEqual([
      `${ACME} consents: lin-hub (lin@demo.example) hasn't approved the change`,
    ]);
  });

  test("by starting from a commit with other maintainers", async () => {
    const repository = Repository.with(BASE);
    repository.git("checkout", "--quiet", "main");
    repository.write({ [PLATFORM_PATH]: PLATFORM.concat(maintainers("kim")) });
    repository.commit();
    repository.git("checkout", "--quiet", "change");
    repository.write(withConsent);
    expect((await run(repository, "lin-hub", "ada-hub")).found).toEqual([
      `${ACME} consents: lin@demo.example isn't among the \`maintainers\` of the base revision`,
    ]);
  });

  describe("by a ref that hides the base branch", () => {
    const withRemote = (...refs: readonly string[]) => {
      const repository = Repository.with(BASE);
      repository.git("update-ref", "refs/remotes/origin/main", "main");
      repository.write(withConsent);
      repository.commit();
      for (const ref of refs) repository.git("update-ref", ref, "HEAD");
      return repository;
    };

    test.each([
      ["a tag", "origin/main", "refs/tags/origin/main"],
      ["a local branch", "origin/main", "refs/heads/origin/main"],
      ["a tag, for an older commit of it", "origin/main~0", "refs/tags/origin/main"],
      ["a tag with the name of a local branch", "main", "refs/tags/main"],
    ])("%s", async (_, since, ref) => {
      const { exitCode, stdout } = await run(withRemote(ref), "eve-hub", "ada-hub", since);
      expect(exitCode).toBe(1);
      expect(stdout).toContain(`${since} is ambiguous: it names ${ref} and refs/`);
    });

    test("a tag with the full name of a branch that wasn't fetched", async () => {
      const repository = withRemote("refs/tags/refs/remotes/origin/next");
      const since = "refs/remotes/origin/next";
      expect((await run(repository, "eve-hub", "ada-hub", since)).exitCode).toBe(1);
    });

    test("a tag with the abbreviation of a commit", async () => {
      const repository = withRemote();
      const since = repository.git("rev-parse", "--short=8", "main");
      repository.git("tag", since);
      expect((await run(repository, "eve-hub", "ada-hub", since)).stdout).toContain(`${since} is ambiguous`);
    });

    test("but not for its full name", async () => {
      const repository = withRemote("refs/tags/origin/main", "refs/tags/refs/remotes/origin/main");
      expect((await run(repository, "eve-hub", "ada-hub", "refs/remotes/origin/main")).found).toEqual([
        `${ACME} consents: lin-hub (lin@demo.example) hasn't approved the change`,
      ]);
    });
  });

  test("by a manifest with errors, such as a key that occurs twice", async () => {
    const change = { [ACME]: ORGANIZATION.concat(consent(), consent("kim@demo.example")) };
    expect((await authorized({ change })).exitCode).toBe(1);
  });

  test("in a repository without maintainers, in which only a change without exceptions passes", async () => {
    const base = { ...BASE, [PLATFORM_PATH]: PLATFORM };
    expect((await authorized({ base, change: withConsent })).found).toEqual([
      `${ACME} consents: the base revision has no \`maintainers\` in platform.yaml`,
    ]);
    expect(
      (await authorized({ base, change: { [ACME]: `${ORGANIZATION}displayName: Acme\n` } }, "")).exitCode,
    ).toBe(0);
  });
});

test("prints what is approved and what isn't", async () => {
  const repository = Repository.with(BASE);
  repository.write({ ...withConsent, CODEOWNERS: "* @eve\n" });
  const args = ["authorize", "--since", "main", "--actor", "@ada-hub", "--approved-by", "@kim-hub"];
  const { exitCode, stdout } = await tenantry(args, {
    cwd: repository.folder,
    env: { TENANTRY_TODAY: "2026-11-22" },
  });
  expect({ exitCode, stdout }).toEqual({
    exitCode: 1,
    stdout: `not approved  ${ACME}: consents (approved by lin@demo.example): lin-hub (lin@demo.example) hasn't approved the change. Needed: a review by lin-hub
approved      CODEOWNERS: the whole file
`,
  });
});
