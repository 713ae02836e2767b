import { existsSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Matrix } from "../../src/fleet/matrix.ts";
import type { FleetReport } from "../../src/fleet/report.ts";
import { newFolder, Repository } from "../git-repository.ts";
import { ORGANIZATION, PLATFORM, type Ran, tenantry } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const GLOBEX = "stacks/demo/orgs/globex.yaml";
const BASE = {
  "stacks/demo/platform.yaml": PLATFORM,
  [ACME]: ORGANIZATION,
  [GLOBEX]: ORGANIZATION.replaceAll("acme", "globex"),
  "README.md": "Manifests\n",
};

const TODAY = { TENANTRY_TODAY: "2026-11-22" };

/** Two people who stay the same when the owner changes. */
const PEOPLE =
  "members:\n  - { email: grace@people.example, role: admin }\n  - { email: alan@people.example, role: member }\n";

/** Nothing is set but the day: no token, no state, no secret. */
function plan({ folder }: Repository, ...args: readonly string[]): Promise<Ran> {
  return tenantry(["plan", "--since", "main", ...args], { cwd: folder, env: TODAY });
}

async function report(repository: Repository, ...args: readonly string[]) {
  const ran = await plan(repository, "--json", ...args);
  const document = JSON.parse(ran.stdout) as FleetReport & { readonly notEvaluated: readonly string[] };
  return { ...ran, document, stacks: document.stacks?.map(({ stack, outcome }) => `${stack} ${outcome}`) };
}

/** The stacks that a change concerns, without comparing them. */
async function affected({ folder }: Repository): Promise<readonly string[]> {
  const args = ["preview", "--since", "main", "--matrix"];
  const { stdout, stderr } = await tenantry(args, { cwd: folder, env: TODAY });
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as Matrix).include.flatMap(({ stacks }) => stacks.split(" "));
}

const withoutStaging = ORGANIZATION.replace(", staging: {}", "");
const withLimit = (text: string) => text.replace("production: {}", "production: { compute: small }");

describe("a plan since a revision", () => {
  test("shows one changed organization, in the words of a preview", async () => {
    const repository = Repository.with(BASE);
    repository.write({ [ACME]: `${withLimit(ORGANIZATION)}displayName: Acme Robotics\n` });
    const { exitCode, stdout, stderr } = await plan(repository);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
    expect(stdout).toMatch(/^demo\.acme {2}/);
    expect(stdout).toContain("micro → small");
    expect(stdout).toContain("Acme Robotics");
    expect(stdout).not.toContain("globex");
  });

  test.each([
    ["API keys", "{ apiKeys: { ci: {}, web: {} } }", "{ apiKeys: {} }", "immediately revokes 2 API keys"],
    ["an API key", "{ apiKeys: { ci: {}, web: {} } }", "{ apiKeys: { ci: {} } }", "revokes the API key web"],
    ["a new API key", "{ apiKeys: {} }", "{ apiKeys: { ci: {} } }", "creates the API key ci"],
  ])("tells the change of %s once", async (_, before, after, told) => {
    const withWorkspace = (text: string) => ORGANIZATION.replace("production: {}", `production: ${text}`);
    const repository = Repository.with({ ...BASE, [ACME]: withWorkspace(before) });
    repository.write({ [ACME]: withWorkspace(after) });
    const { stdout } = await plan(repository);
    expect(stdout).toContain(told);
    expect(stdout).not.toContain("other change");
  });

  describe("with a renamed organization", () => {
    const INC = "stacks/demo/orgs/acme-inc.yaml";
    const renamed = (more = "") => ORGANIZATION.replace("name: acme", `name: acme-inc${more}`);
    const line = "Add to orgs/acme-inc.yaml: previously: [acme]";

    test("shows only the new names if `previously` names it, and a new customer with its old name", async () => {
      const repository = Repository.with(BASE);
      repository.write({
        [INC]: renamed("\npreviously: [acme]"),
        [ACME]: ORGANIZATION.replaceAll("acme", "other").replace("name: other", "name: acme\ngeneration: 2"),
      });
      const { exitCode, stdout, stacks, document } = await report(repository);
      expect({ exitCode, stacks }).toEqual({
        exitCode: 2,
        stacks: ["demo.acme-inc changes", "demo.acme changes"],
      });
      expect(stdout).toContain("renames the organization: acme → acme-inc");
      const actions = (index: number) =>
        new Set(document.stacks[index]?.changes.steps.map(({ action }) => action));
      expect([...actions(0)]).toEqual(["update"]);
      expect([...actions(1)]).toEqual(["create"]);
    });

    test.each([
      ["moved", { [INC]: renamed() }, [ACME], line],
      [
        "moved, with another owner and its people",
        { [INC]: renamed().replace(/owner: .*/, "owner: new@acme.example") },
        [ACME],
        line,
      ],
      [
        "replaced by a new customer with its name",
        {
          [INC]: renamed(),
          [ACME]: ORGANIZATION.replaceAll("acme", "other").replace("name: other", "name: acme"),
        },
        [],
        line,
      ],
      [
        "swapped with another",
        {
          [ACME]: ORGANIZATION.replaceAll("acme", "globex").replace("name: globex", "name: acme"),
          [GLOBEX]: ORGANIZATION.replace("name: acme", "name: globex"),
        },
        [],
        "Add to orgs/acme.yaml: previously: [globex]",
      ],
    ])("is refused with the line to add if it was %s", async (_, written, removed, expected) => {
      const repository = Repository.with({ ...BASE, [ACME]: ORGANIZATION.concat(PEOPLE) });
      repository.write(
        Object.fromEntries(
          Object.entries(written).map(([path, text]) => [
            path,
            text.includes("@acme") || text.includes("name: globex") ? text.concat(PEOPLE) : text,
          ]),
        ),
      );
      for (const path of removed) repository.remove(path);
      const { exitCode, stderr } = await plan(repository);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(expected) });
      const validated = await tenantry(["validate", "--since", "main"], {
        cwd: repository.folder,
        env: TODAY,
      });
      expect(validated.exitCode).toBe(1);
      expect(validated.stdout).toContain(expected);
    });

    const { [ACME]: _acme, ...others } = BASE;
    const CORP = "stacks/demo/orgs/acme-corp.yaml";
    const named = (name: string, previously: string, of = "acme") =>
      ORGANIZATION.replaceAll("acme", of).replace(
        `name: ${of}\n`,
        `name: ${name}\n${previously === "" ? "" : `previously: [${previously}]\n`}`,
      );
    const all = "acme-corp.yaml: previously: [acme, acme-inc].";
    test.each([
      ["is missing", { [CORP]: named("acme-corp", "") }, [INC], `Add to orgs/${all}`],
      ["lacks the first name", { [CORP]: named("acme-corp", "acme-inc") }, [INC], `Set in orgs/${all}`],
      ["lacks the last name", { [CORP]: named("acme-corp", "acme") }, [INC], `Set in orgs/${all}`],
      [
        "lacks the last name, and the people are others",
        { [CORP]: named("acme-corp", "acme", "other") },
        [INC],
        `Set in orgs/${all}`,
      ],
      ["is misspelled", { [CORP]: named("acme-corp", "acmee") }, [INC], `Set in orgs/${all}`],
      [
        "is misspelled, and the people are others",
        { [CORP]: named("acme-corp", "acmee", "other") },
        [INC],
        "no organization was called acmee",
      ],
      [
        "is missing for the first name, which it has again",
        { [ACME]: named("acme", "") },
        [INC],
        "Add to orgs/acme.yaml: previously: [acme, acme-inc].",
      ],
      [
        "takes over the manifest of another organization",
        { [GLOBEX]: named("globex", "acme, acme-inc") },
        [INC],
        "Restore the manifest of globex",
      ],
    ])("is refused if its `previously` %s", async (_, written, removed, expected) => {
      const repository = Repository.with({ ...others, [INC]: named("acme-inc", "acme") });
      repository.write(written);
      for (const path of removed) repository.remove(path);
      const { exitCode, stderr } = await plan(repository);
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(expected) });
    });

    test("can take over the name of an organization that is renamed too", async () => {
      const repository = Repository.with(BASE);
      repository.write({
        [GLOBEX]: named("globex", "acme"),
        "stacks/demo/orgs/initech.yaml": named("initech", "globex", "globex"),
      });
      repository.remove(ACME);
      const { exitCode, stacks } = await report(repository);
      expect({ exitCode, stacks }).toEqual({
        exitCode: 2,
        stacks: ["demo.globex changes", "demo.initech changes"],
      });
    });

    test("isn't suspected for a new customer beside a removed one", async () => {
      const repository = Repository.with(BASE);
      repository.write({ [INC]: ORGANIZATION.replaceAll("acme", "acme-inc") });
      repository.remove(ACME);
      const ran = await tenantry(["validate", "--since", "main"], { cwd: repository.folder, env: TODAY });
      expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    });
  });

  test("shows a new organization, and a removed one as refused", async () => {
    const repository = Repository.with(BASE);
    repository.write({ "stacks/demo/orgs/new.yaml": ORGANIZATION.replaceAll("acme", "new") });
    repository.remove(GLOBEX);
    const { exitCode, stacks, document } = await report(repository);
    expect({ exitCode, stacks }).toEqual({
      exitCode: 1,
      stacks: ["demo.new changes", "demo.globex refused"],
    });
    expect(document.stacks[1]?.changes.removals[0]?.remedy).toContain("state: archived");
  });

  test("refuses a workspace that was removed from the YAML", async () => {
    const repository = Repository.with(BASE);
    repository.write({ [ACME]: withoutStaging });
    const { exitCode, document } = await report(repository);
    expect(exitCode).toBe(1);
    expect(document.stacks[0]?.changes.removals[0]).toMatchObject({
      kind: "workspace",
      workspace: "staging",
    });
  });

  test("shows what a guard refuses after the plan, in each form, by the thresholds of the base", async () => {
    const emails = ["ben", "cleo", "dan", "eve"].map((name) => `${name}@acme.example`);
    const members = emails.map((email) => `{ email: ${email}, role: member, workspaces: [production] }`);
    const repository = Repository.with({
      ...BASE,
      [ACME]: `${ORGANIZATION}members: [${members.join(", ")}]\n`,
    });
    repository.write({
      [ACME]: `${ORGANIZATION}members: []\n`,
      "stacks/demo/platform.yaml": `${PLATFORM}guards: { perOrganization: { members: { floor: 100 } } }\n`,
    });
    const args = ["--markdown", "plan.md", "--html", "plan.html"];
    const { exitCode, stdout } = await plan(repository, ...args);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /- removes 4 people[\s\S]*1 refused[\s\S]*\n\nGuards\n {2}refused: demo\.acme removes 4 of 5 people; at most 3 need no consent\n/,
    );
    const [markdown, html] = ["plan.md", "plan.html"].map((file) =>
      readFileSync(join(repository.folder, file), "utf8"),
    );
    expect(markdown).toMatch(/<\/details>[\s\S]*### Guards[\s\S]*refused[\s\S]*```yaml\n {2}- remove:\n/);
    expect(html).toMatch(/<h2>Guards<\/h2>[\s\S]*- ben@acme\.example/);
  });

  test("shows nothing for a change of comments, order and other files", async () => {
    const repository = Repository.with(BASE);
    const lines = ORGANIZATION.trimEnd().split("\n");
    repository.write({ [ACME]: `# Acme\n${lines.reverse().join("\n")}\n`, "README.md": "Changed\n" });
    expect(await plan(repository)).toMatchObject({ exitCode: 0, stdout: "No stack is affected.\n" });
  });

  test("counts commits, staged and unstaged changes, but not what main got in the meantime", async () => {
    const repository = Repository.with({
      ...BASE,
      "stacks/demo/orgs/third.yaml": ORGANIZATION.replaceAll("acme", "third"),
    });
    repository.write({ [ACME]: withLimit(ORGANIZATION) });
    repository.commit();
    repository.git("checkout", "--quiet", "main");
    repository.write({ "stacks/demo/orgs/third.yaml": withLimit(ORGANIZATION.replaceAll("acme", "third")) });
    repository.commit();
    repository.git("checkout", "--quiet", "change");
    repository.write({ [GLOBEX]: withLimit(ORGANIZATION.replaceAll("acme", "globex")) });
    expect((await report(repository)).stacks).toEqual(["demo.acme changes", "demo.globex changes"]);
  });

  test("shows the platform and only the organizations that a change of the platform concerns", async () => {
    const team =
      "  team: { price: { monthly: 49 }, entitlements: { workspaces: 2, rpm: 60, webhookEvents: 10 } }\n";
    const repository = Repository.with({
      ...BASE,
      "stacks/demo/platform.yaml": PLATFORM.replace("defaultPlan", `${team}defaultPlan`),
      [GLOBEX]: `${ORGANIZATION.replaceAll("acme", "globex")}plan: team\n`,
    });
    repository.write({
      "stacks/demo/platform.yaml": PLATFORM.replace(
        "defaultPlan",
        `${team.replace("rpm: 60", "rpm: 90")}defaultPlan`,
      ),
    });
    expect((await report(repository)).stacks).toEqual(["demo.platform changes", "demo.globex changes"]);
  });

  test("counts workspaces that stay open as access", async () => {
    const repository = Repository.with(BASE);
    repository.write({ "stacks/demo/platform.yaml": `${PLATFORM}access: { stayOpen: the gateway moves }\n` });
    const { stdout } = await plan(repository);
    expect(stdout).toContain("keeps workspaces open while no process renews their lease: the gateway moves");
    expect(stdout).toContain("1 danger: access opened");
  });

  test("limits itself to its targets", async () => {
    const repository = Repository.with(BASE);
    repository.write({ [ACME]: withLimit(ORGANIZATION), [GLOBEX]: withLimit(BASE[GLOBEX] ?? "") });
    expect((await report(repository, "demo.acme")).stacks).toEqual(["demo.acme changes"]);
  });

  test("reports errors of changed manifests as validate does", async () => {
    const repository = Repository.with(BASE);
    repository.write({ [ACME]: "apiVersion: tenantry/v1\nkind: Organization\nname: acme\n" });
    const { exitCode, stacks, stderr } = await report(repository);
    expect({ exitCode, stacks }).toEqual({ exitCode: 1, stacks: ["demo.acme failed"] });
    expect(stderr).toContain("stacks/demo/orgs/acme.yaml");
    expect(stderr).toContain("nothing was run");
  });

  test("compares the others beside a broken manifest, in every form", async () => {
    const repository = Repository.with(BASE);
    repository.write({
      [ACME]: ORGANIZATION.replace("owner:", "ownr:"),
      [GLOBEX]: withLimit(BASE[GLOBEX] ?? ""),
    });
    const forms = ["--markdown", "comment.md", "--html", "page.html"];
    const { exitCode, stacks, stderr, document } = await report(repository, ...forms);
    expect({ exitCode, stacks }).toEqual({
      exitCode: 1,
      stacks: ["demo.globex changes", "demo.acme failed"],
    });
    expect(document.ok).toBe(false);
    expect(stderr).toContain("not run: demo.acme");
    const { stdout } = await plan(repository);
    const files = ["comment.md", "page.html"].map((file) =>
      readFileSync(join(repository.folder, file), "utf8"),
    );
    for (const text of [stdout, ...files]) {
      expect(text).toContain("globex");
      expect(text).toMatch(/demo.*orgs.*acme.*yaml.*4.*1.* unknown key/);
    }
  });

  test("compares the organizations of other platforms beside a broken platform", async () => {
    const other = PLATFORM.replace("name: demo", "name: shop");
    const second = { "stacks/shop/platform.yaml": other, "stacks/shop/orgs/acme.yaml": ORGANIZATION };
    const repository = Repository.with({ ...BASE, ...second });
    repository.write({
      "stacks/shop/platform.yaml": other.replace("currency:", "curency:"),
      [ACME]: withLimit(ORGANIZATION),
    });
    const { exitCode, stacks } = await report(repository);
    expect({ exitCode, stacks }).toEqual({
      exitCode: 1,
      stacks: ["demo.acme changes", "shop.platform failed", "shop.acme not started"],
    });
  });

  test("gives a broken manifest a job in the matrix, which fails; the others have theirs", async () => {
    const repository = Repository.with(BASE);
    repository.write({
      [ACME]: "kind: Organization\n",
      [GLOBEX]: withLimit(BASE[GLOBEX] ?? ""),
      "stacks/demo/orgs/new.yml": ORGANIZATION.replaceAll("acme", "new"),
    });
    const args = ["preview", "--since", "main", "--matrix"];
    const ran = await tenantry(args, { cwd: repository.folder, env: TODAY });
    const [job, ...others] = (JSON.parse(ran.stdout) as Matrix).include;
    expect({ exitCode: ran.exitCode, job: job?.stacks, others }).toEqual({
      exitCode: 0,
      job: "demo.platform demo.acme demo.globex demo.new",
      others: [],
    });
    expect(ran.stderr).toContain("the jobs of these stacks will fail");
    for (const stack of ["demo.acme", "demo.new"]) {
      const alone = await report(repository, stack);
      expect({ exitCode: alone.exitCode, stacks: alone.stacks }).toEqual({
        exitCode: 1,
        stacks: [`${stack} failed`],
      });
    }
  });
});

describe("the repository of a plan", () => {
  test.each([
    ["a folder with spaces", "my manifests"],
    ["a folder with other letters", "żółw-станки"],
    ["a folder that looks like a pattern", "a[b]*:(top)"],
  ])("may have its platforms in %s", async (_, name) => {
    const files = Object.fromEntries(Object.entries(BASE).map(([path, text]) => [`${name}/${path}`, text]));
    const repository = Repository.with(files);
    repository.write({ [`${name}/${ACME}`]: withLimit(ORGANIZATION) });
    const inner = new Repository(join(repository.folder, name));
    expect(await affected(inner)).toEqual(["demo.acme"]);
  });

  test("may be a linked work tree", async () => {
    const repository = Repository.with(BASE);
    const linked = new Repository(join(newFolder(), "linked"));
    repository.git("worktree", "add", "--quiet", "-b", "other", linked.folder, "main");
    linked.write({ [ACME]: withLimit(ORGANIZATION) });
    expect(await affected(linked)).toEqual(["demo.acme"]);
  });

  test("may have its platforms in a submodule, whose former commit is read", async () => {
    const manifests = Repository.with({
      "demo/platform.yaml": PLATFORM,
      "demo/orgs/acme.yaml": ORGANIZATION,
    });
    const repository = Repository.with({ "README.md": "" });
    repository.git("checkout", "--quiet", "main");
    repository.git("submodule", "--quiet", "add", manifests.folder, "stacks");
    repository.commit();
    repository.git("checkout", "--quiet", "-B", "change");
    const inner = new Repository(join(repository.folder, "stacks"));
    inner.write({ "demo/orgs/acme.yaml": withLimit(ORGANIZATION) });
    inner.commit();
    repository.commit();
    expect(await affected(repository)).toEqual(["demo.acme"]);
    repository.git("submodule", "deinit", "--force", "--quiet", "stacks");
    const empty = await plan(repository);
    expect(empty.exitCode).toBe(1);
    expect(empty.stderr).toContain("There is no platform in");
  });

  test("may be shallow if it has the merge base; otherwise the error says how deep to fetch", async () => {
    const origin = Repository.with(BASE);
    origin.write({ [ACME]: withLimit(ORGANIZATION) });
    origin.commit();
    origin.git("checkout", "--quiet", "main");
    origin.write({ "README.md": "Later\n" });
    origin.commit();
    const clone = (depth: string) => {
      const folder = join(newFolder(), "clone");
      origin.git(
        "clone",
        "--quiet",
        "--no-single-branch",
        "--branch=change",
        `--depth=${depth}`,
        `file://${origin.folder}`,
        folder,
      );
      return new Repository(folder);
    };
    const shallow = await tenantry(["plan", "--since", "origin/main"], {
      cwd: clone("1").folder,
      env: TODAY,
    });
    expect(shallow.exitCode).toBe(1);
    expect(shallow.stderr).toContain("This clone has only 1 of the commits of HEAD");
    expect(shallow.stderr).toContain("git fetch --unshallow, or in GitHub Actions fetch-depth: 0");
    const deep = await tenantry(["plan", "--since", "origin/main"], { cwd: clone("2").folder, env: TODAY });
    expect(deep.exitCode).toBe(2);
  });

  test.each([
    ["an unknown branch", "origin/trunk", "git fetch origin trunk:refs/remotes/origin/trunk"],
    ["an unknown tag", "v9", "Name a branch, a tag or a commit"],
    ["an option in place of a name", "--help", "Name a branch, a tag or a commit"],
  ])("is refused for %s", async (_, ref, remedy) => {
    const repository = Repository.with(BASE);
    const { exitCode, stderr } = await tenantry(["plan", `--since=${ref}`], {
      cwd: repository.folder,
      env: TODAY,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(remedy) });
  });

  test("must exist", async () => {
    const folder = new Repository(newFolder());
    folder.write(BASE);
    expect((await plan(folder)).stderr).toContain("isn't in a git repository");
  });
});

describe("a plan doesn't overlook what it can't find", () => {
  const moved: readonly (readonly [string, (repository: Repository) => void, string])[] = [
    [
      "a manifest with another extension",
      ({ folder }) => renameSync(join(folder, ACME), join(folder, "stacks/demo/orgs/acme.yml")),
      "rename it to `acme.yaml`",
    ],
    [
      "a renamed folder of organizations",
      ({ folder }) => renameSync(join(folder, "stacks/demo/orgs"), join(folder, "stacks/demo/Orgs")),
      "rename it to `orgs`",
    ],
    [
      "a renamed manifest of a platform",
      ({ folder }) =>
        renameSync(join(folder, "stacks/demo/platform.yaml"), join(folder, "stacks/demo/platform.yml")),
      "There is no platform",
    ],
  ];
  test.each(moved)("%s", async (_, move, message) => {
    const repository = Repository.with(BASE);
    move(repository);
    const { exitCode, stderr } = await plan(repository);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(message) });
  });

  test("a platform that was removed beside another one", async () => {
    const repository = Repository.with({
      ...BASE,
      "stacks/other/platform.yaml": PLATFORM.replace("name: demo", "name: other"),
    });
    repository.remove("stacks/other");
    const { exitCode, stderr } = await plan(repository);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining("The platform other was removed from the repository"),
    });
  });

  test("a manifest that had errors in the revision", async () => {
    const repository = Repository.with({ ...BASE, [ACME]: "kind: Organization\n" });
    repository.write({ [ACME]: ORGANIZATION });
    const { exitCode, document } = await report(repository);
    expect(exitCode).toBe(1);
    expect(document.stacks[0]?.changes.problems[0]?.message).toContain(
      "Compare with a revision in which it is valid",
    );
  });

  test("code that changed, which isn't run", async () => {
    const repository = Repository.with({
      ...BASE,
      "Pulumi.yaml": "name: mine\nruntime: nodejs\n",
      "index.js": "",
    });
    repository.write({
      "index.js": 'require("node:fs").writeFileSync("ran", "");\n',
      [ACME]: withLimit(ORGANIZATION),
    });
    const { exitCode, document, stderr } = await report(repository);
    expect(exitCode).toBe(2);
    expect(document.notEvaluated).toEqual(["index.js"]);
    expect(stderr).toContain("not evaluated: index.js");
    expect(existsSync(join(repository.folder, "ran"))).toBe(false);
  });

  test("code that changed alone, in every form", async () => {
    const repository = Repository.with({
      ...BASE,
      "Pulumi.yaml": "name: mine\nruntime: nodejs\n",
      "index.js": "",
    });
    repository.write({ "index.js": "// changed\n" });
    const { stdout, stderr } = await plan(repository, "--markdown", "plan.md", "--html", "plan.html");
    expect(stderr).toBe("");
    const forms = ["plan.md", "plan.html"].map((file) => readFileSync(join(repository.folder, file), "utf8"));
    for (const text of [stdout, ...forms]) expect(text).toMatch(/not evaluated:.*index\\?\.js/i);
  });
});

describe("a hostile pull request", () => {
  test("runs no program of a repository's configuration, attributes or hooks", async () => {
    const repository = Repository.with({ ...BASE, ".gitattributes": "* diff=evil filter=evil\n" });
    const ran = join(repository.folder, "ran");
    const evil = `touch ${ran}`;
    for (const [key, value] of [
      ["core.fsmonitor", evil],
      ["core.hooksPath", repository.folder],
      ["diff.external", evil],
      ["diff.evil.textconv", evil],
      ["diff.evil.command", evil],
      ["filter.evil.clean", evil],
      ["filter.evil.process", evil],
      ["core.pager", evil],
      ["core.sshCommand", evil],
      ["core.alternateRefsCommand", evil],
    ] as const)
      repository.git("config", key, value);
    repository.write({ [ACME]: withLimit(ORGANIZATION) });
    expect((await report(repository)).stacks).toEqual(["demo.acme changes"]);
    expect(existsSync(ran)).toBe(false);
  });

  test("can't write lines to the log by names of files", async () => {
    const repository = Repository.with({
      ...BASE,
      "Pulumi.yaml": "name: mine\nruntime: nodejs\n",
    });
    repository.write({ "x\n::add-mask::removes\ny.ts": "" });
    const { stdout } = await plan(repository);
    expect(stdout).toContain('not evaluated: "x\\n::add-mask::removes\\ny.ts"');
    const preview = await tenantry(["preview", "--since", "main", "--matrix"], {
      cwd: repository.folder,
      env: TODAY,
    });
    expect(preview.stderr).toContain('code that they depend on changed: "x\\n::add-mask::removes\\ny.ts"');
    expect(stdout + preview.stderr).not.toMatch(/^::/m);
  });

  test.each(["recordedbyearlierrun", "1970-01-01"])("can't hide its text behind %s", async (mark) => {
    const repository = Repository.with(BASE);
    repository.write({ [ACME]: `${ORGANIZATION}displayName: ${mark} Robotics\n` });
    const { stdout } = await plan(repository);
    expect(stdout).toContain(`${mark} Robotics`);
    expect(stdout).not.toContain("[recorded]");
  });

  test("can't lead to a bare repository among its files", async () => {
    const repository = Repository.with({});
    const bare = new Repository(join(repository.folder, "evil"));
    bare.write({
      HEAD: "ref: refs/heads/main\n",
      config: "[core]\nbare = true\n",
      "refs/x": "",
      "objects/x": "",
      ...BASE,
    });
    const { exitCode, stderr } = await plan(bare);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/isn't in a git repository/);
  });

  test("can't hide a change of a platform behind a link to a copy", async () => {
    const copies = Object.fromEntries(
      Object.entries(BASE).map(([path, text]) => [path.replace("stacks/", "stacks/.drafts/"), text]),
    );
    const changed = withLimit(ORGANIZATION);
    const repository = Repository.with({
      ...BASE,
      ...copies,
      [ACME.replace("demo", ".drafts/demo")]: changed,
    });
    repository.remove("stacks/demo");
    symlinkSync(".drafts/demo", join(repository.folder, "stacks/demo"));
    expect((await report(repository)).stacks).toEqual(["demo.acme changes"]);
  });

  test("is compared through a link that the revision has too", async () => {
    const repository = Repository.with({
      "manifests/demo/platform.yaml": PLATFORM,
      "manifests/demo/orgs/acme.yaml": ORGANIZATION,
    });
    symlinkSync("manifests", join(repository.folder, "stacks"));
    repository.commit();
    repository.git("branch", "--force", "main");
    repository.write({ "manifests/demo/orgs/acme.yaml": withLimit(ORGANIZATION) });
    expect((await report(repository)).stacks).toEqual(["demo.acme changes"]);
  });

  test("can't read files by links", async () => {
    const repository = Repository.with(BASE);
    const secret = join(newFolder(), "secret.yaml");
    new Repository(join(secret, "..")).write({ "secret.yaml": "token: 4711\n" });
    repository.remove(ACME);
    symlinkSync(secret, join(repository.folder, ACME));
    const { exitCode, stdout, stderr } = await plan(repository);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("a link that leads out");
    expect(stdout + stderr).not.toContain("4711");
  });
});

describe("the stacks that a change concerns", () => {
  const matrix = async ({ folder }: Repository, ...args: readonly string[]) => {
    const ran = await tenantry(["preview", "--since", "main", "--matrix", ...args], {
      cwd: folder,
      env: TODAY,
    });
    return ran.exitCode === 0 ? JSON.parse(ran.stdout) : ran;
  };

  test("are divided among the jobs of a matrix, without credentials", async () => {
    const repository = Repository.with(BASE);
    repository.write({
      [ACME]: withLimit(ORGANIZATION),
      "stacks/demo/orgs/new.yaml": ORGANIZATION.replaceAll("acme", "new"),
    });
    repository.remove(GLOBEX);
    expect(await matrix(repository, "--shards", "2")).toEqual({
      include: [
        { shard: 1, shards: 2, stacks: "demo.acme demo.new" },
        { shard: 2, shards: 2, stacks: "demo.globex" },
      ],
    });
  });

  test("are none for a change of other files", async () => {
    const repository = Repository.with(BASE);
    repository.write({ "README.md": "Changed\n" });
    expect(await matrix(repository, "--shards", "9")).toEqual({ include: [] });
    const preview = await tenantry(["preview", "--since", "main"], { cwd: repository.folder, env: TODAY });
    expect(preview).toMatchObject({ exitCode: 0, stdout: "No stack is affected.\n" });
  });

  test.each([
    ["the platform's manifest", "stacks/demo/platform.yaml", PLATFORM.replace("rpm: 60", "rpm: 90")],
    ["the version of tenantry", "package-lock.json", "{}\n"],
    ["another file beside the manifests", "stacks/demo/schema/0001_own.sql", "select 1;\n"],
  ])("are all after a change of %s", async (_, file, text) => {
    const repository = Repository.with(BASE);
    repository.write({ [file]: text });
    const [{ stacks }] = (await matrix(repository)).include;
    expect(stacks).toBe("demo.platform demo.acme demo.globex");
  });

  test("are all after a change of the project's program, but not of a workflow", async () => {
    const repository = Repository.with({
      ...BASE,
      "Pulumi.yaml": "name: mine\nruntime: nodejs\n",
      "index.js": "",
    });
    repository.write({ ".github/workflows/ci.yaml": "on: push\n" });
    expect(await matrix(repository)).toEqual({ include: [] });
    repository.write({ "index.js": "// changed\n" });
    expect((await matrix(repository)).include).toHaveLength(1);
  });

  const PROJECT = { ...BASE, "infra/Pulumi.yaml": "name: mine\nruntime: nodejs\n", "infra/index.js": "" };
  const inInfra = (name: string) => name.replace(/^stacks/, "infra/stacks");
  const PROJECT_FILES = Object.fromEntries(
    Object.entries(PROJECT).map(([name, text]) => [inInfra(name), text]),
  );

  test.each([
    ["infra/yarn.lock", 1],
    ["infra/bun.lock", 1],
    ["infra/npm-shrinkwrap.json", 1],
    ["pnpm-lock.yaml", 1],
    ["other/package-lock.json", 0],
    ["infra/dist/index.js", 0],
    ["infra/node_modules/x/index.js", 0],
  ])("after a change of %s beside or above a project: %i job", async (file, jobs) => {
    const repository = Repository.with({ ...PROJECT_FILES, ".gitignore": "dist/\n" });
    repository.write({ [file]: "// changed\n" });
    const inner = new Repository(join(repository.folder, "infra"));
    expect((await matrix(inner)).include).toHaveLength(jobs);
  });

  test("aren't all because of a plan that the command saves", async () => {
    const repository = Repository.with(PROJECT_FILES);
    repository.write({ "infra/plan.json": "{}\n" });
    const inner = new Repository(join(repository.folder, "infra"));
    expect((await matrix(inner, "--save", "plan.json")).include).toEqual([]);
    expect((await matrix(inner)).include).toHaveLength(1);
  });

  test("are all after a change of a committed file that git would ignore", async () => {
    const repository = Repository.with({ ...PROJECT_FILES, ".gitignore": "dist/\n" });
    repository.write({ "infra/dist/index.js": "// changed\n" });
    repository.git("add", "--force", "infra/dist");
    expect((await matrix(new Repository(join(repository.folder, "infra")))).include).toHaveLength(1);
  });

  test("have names that a shell reads as words", async () => {
    const repository = Repository.with(BASE);
    repository.write({ "stacks/demo/orgs/$(touch ran).yaml": ORGANIZATION });
    const { exitCode, stdout } = (await matrix(repository)) as Ran;
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    repository.commit();
    repository.git("checkout", "--quiet", "-B", "main");
    repository.remove("stacks/demo/orgs/$(touch ran).yaml");
    const removed = (await matrix(repository)) as Ran;
    expect(removed).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("isn't the name of a stack"),
    });
  });
});
