import { mkdirSync, renameSync, symlinkSync } from "node:fs";
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
      "actions of workflows",
      { ".github/actions/plan/action.yml": "name: plan\n" },
      [".github/actions/plan/action.yml the whole file"],
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

  const summaries = (found: readonly string[]) => found.map((line) => line.split(":")[0]);
  const OTHER = "stacks/other/platform.yaml";
  const named = (name: string) => PLATFORM.replace("name: demo", `name: ${name}`);

  test.each<readonly [string, { base: Files; change: Files; removed?: string }, readonly string[]]>([
    [
      "by renaming another organization to its name",
      {
        base: { ...BASE, [ACME]: ORGANIZATION.concat(override()) },
        change: {
          [ACME]: ORGANIZATION.replace("name: acme", "name: acme\npreviously: [beta]").concat(override()),
        },
        removed: BETA,
      },
      [`${ACME} limits.seats`],
    ],
    [
      "by a new generation of it",
      {
        base: { ...BASE, [ACME]: ORGANIZATION.concat(override()) },
        change: {
          [ACME]: ORGANIZATION.replace("name: acme", "name: acme\ngeneration: 2").concat(override()),
        },
      },
      [`${ACME} limits.seats`],
    ],
    [
      "by a platform in another folder, such as an example",
      {
        base: { ...BASE, "examples/x/platform.yaml": named("x").concat(maintainers("eve")) },
        change: { "policies/x.ts": "" },
      },
      ["policies/x.ts the whole file"],
    ],
    [
      "by a platform deeper in the folder of platforms",
      {
        base: { ...BASE, "stacks/demo/files/x/platform.yaml": named("x").concat(maintainers("eve")) },
        change: { CODEOWNERS: "" },
      },
      ["CODEOWNERS the whole file"],
    ],
    [
      "by another platform's maintainers",
      {
        base: { ...BASE, [OTHER]: named("other") },
        change: { "stacks/other/orgs/acme.yaml": ORGANIZATION.concat(consent()) },
      },
      ["stacks/other/orgs/acme.yaml consents"],
    ],
    [
      "by maintainers for another platform that has none",
      {
        base: { ...BASE, [OTHER]: named("other") },
        change: { [OTHER]: named("other").concat(maintainers("lin")) },
      },
      [`${OTHER} maintainers`],
    ],
    [
      "by a folder of platforms that is nearer",
      { base: { ...BASE, "README.md": "" }, change: { "apps/stacks/demo/platform.yaml": selfMade } },
      [
        `${PLATFORM_PATH} the platform was moved or removed from stacks/demo`,
        "apps/stacks/demo/platform.yaml a new platform",
      ],
    ],
  ])("%s", async (title, { base, change, removed }, expected) => {
    const repository = Repository.with(base);
    repository.write(change);
    if (removed !== undefined) repository.remove(removed);
    const where = title.includes("nearer") ? new Repository(join(repository.folder, "apps")) : repository;
    const reviewers = title.includes("another platform") ? "lin-hub eve-hub" : "eve-hub";
    const { found, exitCode } = await run(where, reviewers, "ada-hub");
    expect({ found: summaries(found), exitCode }).toEqual({ found: expected, exitCode: 1 });
  });

  test("but an example elsewhere isn't a platform that was removed", async () => {
    const base = { ...BASE, "examples/x/platform.yaml": named("x") };
    expect((await authorized({ base }, "")).found).toEqual([]);
  });

  /** Runs the command for a branch that began before the base branch changed. */
  const later = async (base: Files, main: Files, change: Files, reviewers = "") => {
    const repository = Repository.with(base);
    repository.git("checkout", "--quiet", "main");
    repository.write(main);
    repository.commit();
    repository.git("checkout", "--quiet", "change");
    repository.write(change);
    return summaries((await run(repository, reviewers, "ada-hub")).found);
  };

  test("by a branch that began before an exception was revoked, if it edits the file", async () => {
    const base = { ...BASE, [ACME]: ORGANIZATION.concat(consent()) };
    const edited = { [ACME]: ORGANIZATION.concat(consent(), "displayName: Acme\n") };
    expect(await later(base, { [ACME]: ORGANIZATION }, edited)).toEqual([`${ACME} consents`]);
    expect(await later(base, { [ACME]: ORGANIZATION }, { [BETA]: `${BASE[BETA]}displayName: B\n` })).toEqual(
      [],
    );
    expect(await later(base, { [BETA]: `${BASE[BETA]}displayName: B\n` }, edited)).toEqual([]);
  });

  test("by a branch that began before the guards or the limits of costs changed, if it edits the file", async () => {
    const guards = (floor: number) => `guards: { perRun: { members: { floor: ${floor}, share: 100 } } }\n`;
    const cost = (percent: number) => `cost: { perRun: { revenue: { decrease: ${percent}% } } }\n`;
    const platform = (floor: number, percent: number) => ({
      [PLATFORM_PATH]: BASE[PLATFORM_PATH]?.concat(guards(floor), cost(percent)) ?? "",
    });
    const edited = { [PLATFORM_PATH]: `${platform(99, 90)[PLATFORM_PATH]}displayName: Demo\n` };
    const began = { ...BASE, ...platform(99, 90) };
    expect(await later(began, platform(5, 10), edited)).toEqual([
      `${PLATFORM_PATH} guards`,
      `${PLATFORM_PATH} cost`,
    ]);
    expect(await later(began, platform(5, 10), {})).toEqual([]);
  });

  test("by a branch from a commit at which the platform's manifest had errors", async () => {
    const broken = { ...BASE, [PLATFORM_PATH]: `${BASE[PLATFORM_PATH]}unknown: 1\n` };
    const change = { [PLATFORM_PATH]: selfMade };
    expect(await later(broken, BASE, change, "eve-hub")).toEqual([`${PLATFORM_PATH} maintainers`]);
    expect(await later(broken, {}, change, "eve-hub")).toEqual([`${PLATFORM_PATH} a new platform`]);
    expect(await later(broken, BASE, { [PLATFORM_PATH]: BASE[PLATFORM_PATH] ?? "" })).toEqual([]);
  });

  test("by a second login of its author", async () => {
    const twice = `${maintainers("lin", "kim")}  - { email: LIN@demo.example, github: lin-2 }\n`;
    const base = { ...BASE, [PLATFORM_PATH]: PLATFORM.concat(twice) };
    const change = { ...withConsent, "policies/x.ts": "" };
    expect((await authorized({ base, change }, "lin-2", "lin-hub")).found).toEqual([
      `${ACME} consents: lin-hub is the author of the change, and can't approve it`,
      "policies/x.ts the whole file: no maintainer of the base revision other than its author has approved the change",
    ]);
    expect((await authorized({ base, change }, "lin-2", "kim-hub")).exitCode).toBe(0);
  });

  test("by a link to policies", async () => {
    const edit = ({ folder }: Repository) => symlinkSync("src", join(folder, "policies"));
    const base = { ...BASE, "src/x.ts": "" };
    expect(summaries((await authorized({ base, edit }, "eve-hub")).found)).toEqual([
      "policies the whole file",
    ]);
  });

  test.each([["stacks/demo/orgs"], ["infra/policies"]])(
    "by a submodule at %s, whose files aren't checked out",
    async (path) => {
      const repository = Repository.with({ ...BASE, "infra/x.ts": "" });
      const commit = repository.git("rev-parse", "HEAD");
      repository.git("rm", "-r", "--quiet", "--ignore-unmatch", path);
      repository.git("update-index", "--add", "--cacheinfo", `160000,${commit},${path}`);
      repository.git("commit", "--quiet", "--message", "Add a submodule");
      mkdirSync(join(repository.folder, path), { recursive: true });
      const { found, exitCode } = await run(repository, "kim-hub lin-hub", "ada-hub");
      expect({ found, exitCode }).toEqual({
        found: [`${path} a new submodule: its files can't be compared, so nobody can approve it`],
        exitCode: 1,
      });
    },
  );

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
