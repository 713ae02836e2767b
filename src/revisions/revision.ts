import { realpathSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { quotedPath } from "../shared/list-names.ts";
import { Git } from "./git.ts";

/** A file in a revision. */
export interface TreeFile {
  /** Git's mode: `100644`, `100755`, or `120000` for a symbolic link. */
  readonly mode: string;
  readonly blob: string;
  /** In bytes. */
  readonly size: number;
  /** The folder of the repository that has the blob: that of a submodule for a file in it. */
  readonly repository: string;
}

const LINK = "120000";
const SUBMODULE = "160000";
/** More links in a row lead in a circle. */
const MOST_LINKS = 8;

/** A commit that the work tree is compared with. Its files are read from git's objects, and nothing is checked out. */
export class Revision {
  /** The work tree's folder, with links resolved. */
  readonly root: string;
  readonly commit: string;
  readonly #git: Git;

  private constructor(root: string, commit: string, git: Git) {
    this.root = root;
    this.commit = commit;
    this.#git = git;
  }

  /**
   * Finds the merge base of a ref and HEAD: what the work tree started from, without what was committed to the ref since.
   *
   * @param folder any folder in the work tree
   * @throws UserError that says how to get a missing commit
   */
  static async mergeBase(ref: string, folder: string, env: NodeJS.ProcessEnv): Promise<Revision> {
    const git = await openWorkTree(folder, env);
    const wanted = await commitOf(git, ref);
    const head = await commitOf(git, "HEAD");
    const { code, stdout, stderr } = await git.run(["merge-base", "--", wanted, head]);
    const commit = stdout.toString("utf8").trim();
    if (code === 0) return new Revision(git.folder, commit, git);
    if (code !== 1)
      throw new UserError(`git merge-base failed: ${stderr}`, {
        remedy: "Check the repository with: git fsck",
      });
    throw await noMergeBase(git, ref);
  }

  /** The commit of a ref itself, with what was committed to it since the work tree left it. */
  static async at(ref: string, folder: string, env: NodeJS.ProcessEnv): Promise<Revision> {
    const git = await openWorkTree(folder, env);
    return new Revision(git.folder, await commitOf(git, ref), git);
  }

  /**
   * The path of a file or folder in the repository, with `/`. Links in the work tree aren't resolved, because they may be part of
   * the change that is compared.
   */
  pathOf(path: string): string {
    return relative(this.root, fromRoot(path, this.root)).replaceAll("\\", "/");
  }

  /** The path of a file or folder in the repository, with the links resolved that the revision has. */
  async targetOf(path: string): Promise<string> {
    let place = this.pathOf(path);
    for (let links = 0; links < MOST_LINKS; links += 1) {
      const parts = place.split("/");
      const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
      const link = (await this.#entries(prefixes)).find(({ mode }) => mode === LINK);
      if (link === undefined) break;
      const file = { ...link, repository: this.root };
      const target = (await this.#blobs([file])).get(link.blob)?.toString("utf8") ?? "";
      place = posix.join(posix.dirname(link.path), target, place.slice(link.path.length));
    }
    return place;
  }

  /** The files at some paths, by their absolute path. Those in submodules are absent. */
  async filesAt(paths: readonly string[]): Promise<ReadonlyMap<string, TreeFile>> {
    const byPath = new Map(paths.map((path) => [this.pathOf(path), path]));
    const entries = await this.#entries([...byPath.keys()]);
    return new Map(
      entries.flatMap(({ path, ...entry }) => {
        const absolute = byPath.get(path);
        return absolute === undefined ? [] : [[absolute, { ...entry, repository: this.root }] as const];
      }),
    );
  }

  /** Which untracked files of a folder git ignores: their paths in it. A folder ends with `/`. */
  async ignoredIn(folder: string): Promise<readonly string[]> {
    const args = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    const listing = await this.#git.in(folder).read(args);
    return listing
      .toString("utf8")
      .split("\0")
      .filter((path) => path !== "");
  }

  /**
   * The files below a folder, by their path relative to it. A submodule's files are read from the submodule's own repository.
   *
   * @param folder absolute, or a path that no longer exists
   */
  async files(folder: string): Promise<ReadonlyMap<string, TreeFile>> {
    return this.#list(this.#git, this.commit, await this.targetOf(folder));
  }

  /** The paths of submodules in the repository. */
  async submodules(): Promise<readonly string[]> {
    const listing = await this.#git.read(["ls-tree", "-r", "-l", "-z", "--full-tree", this.commit]);
    return parseTree(listing).flatMap(({ mode, path }) => (mode === SUBMODULE ? [path] : []));
  }

  /** The texts of files. Links are followed within `files`; a link that leads elsewhere has no text. */
  async texts(
    files: ReadonlyMap<string, TreeFile>,
    paths: readonly string[],
    mostBytes: number,
  ): Promise<ReadonlyMap<string, Buffer>> {
    const targets = new Map<string, TreeFile>();
    for (const path of paths) {
      const target = await this.#follow(files, path);
      if (target !== undefined && target.size <= mostBytes) targets.set(path, target);
    }
    const blobs = await this.#blobs([...targets.values()]);
    return new Map(
      [...targets].flatMap(([path, { blob }]) => {
        const content = blobs.get(blob);
        return content === undefined ? [] : [[path, content] as const];
      }),
    );
  }

  async #follow(files: ReadonlyMap<string, TreeFile>, path: string): Promise<TreeFile | undefined> {
    let place = path;
    for (let links = 0; links <= MOST_LINKS; links += 1) {
      const file = files.get(place);
      if (file?.mode !== LINK) return file;
      const target = (await this.#blobs([file])).get(file.blob)?.toString("utf8") ?? "";
      place = posix.normalize(posix.join(posix.dirname(place), target));
    }
    return undefined;
  }

  async #entries(paths: readonly string[]): Promise<TreeEntry[]> {
    const inside = paths.filter((path) => path !== "" && path !== ".." && !path.startsWith("../"));
    if (inside.length === 0) return [];
    return parseTree(
      await this.#git.read(["ls-tree", "-l", "-z", "--full-tree", this.commit, "--", ...inside]),
    );
  }

  async #list(git: Git, commit: string, path: string): Promise<ReadonlyMap<string, TreeFile>> {
    const where = path === "" ? [] : [path];
    const listing = await git.read(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", ...where]);
    const found = new Map<string, TreeFile>();
    for (const entry of parseTree(listing)) {
      const inFolder = path === "" ? entry.path : entry.path.slice(path.length + 1);
      if (entry.mode !== SUBMODULE) {
        if (inFolder !== "") found.set(inFolder, { ...entry, repository: git.folder });
        continue;
      }
      const inside = await this.#submodule(git, entry.path, entry.blob);
      for (const [name, file] of inside) found.set(posix.join(inFolder, name), file);
    }
    return found.size === 0 && path !== "" ? this.#inSubmodule(git, commit, path) : found;
  }

  /** The files of a folder that is inside a submodule, because git lists a submodule as one entry. */
  async #inSubmodule(git: Git, commit: string, path: string): Promise<ReadonlyMap<string, TreeFile>> {
    for (let parent = posix.dirname(path); parent !== "."; parent = posix.dirname(parent)) {
      const listing = await git.read(["ls-tree", "-l", "-z", "--full-tree", commit, "--", parent]);
      const [entry] = parseTree(listing);
      if (entry === undefined) continue;
      if (entry.mode !== SUBMODULE) return new Map();
      const inner = await this.#openSubmodule(git, entry.path, entry.blob);
      return this.#list(inner, entry.blob, path.slice(parent.length + 1));
    }
    return new Map();
  }

  async #submodule(git: Git, path: string, commit: string): Promise<ReadonlyMap<string, TreeFile>> {
    return this.#list(await this.#openSubmodule(git, path, commit), commit, "");
  }

  /** @throws UserError if the submodule isn't checked out, or lacks the commit that the superproject had */
  async #openSubmodule(git: Git, path: string, commit: string): Promise<Git> {
    const inner = git.in(join(git.folder, path));
    const top = await inner.run(["rev-parse", "--show-toplevel"]).catch(() => undefined);
    const isOpen =
      top?.code === 0 && realpathSync.native(top.stdout.toString("utf8").trimEnd()) === inner.folder;
    if (!isOpen)
      throw new UserError(`The submodule ${quotedPath(path)} isn't checked out`, {
        remedy: "Run: git submodule update --init --recursive",
      });
    const { code } = await inner.run(["cat-file", "-e", `${commit}^{commit}`]);
    if (code === 0) return inner;
    throw new UserError(
      `The submodule ${quotedPath(path)} lacks the commit ${commit.slice(0, 12)}, which ${this.commit.slice(0, 12)} uses`,
      {
        remedy: `Run in the submodule: git fetch origin ${commit}`,
      },
    );
  }

  async #blobs(files: readonly TreeFile[]): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const repository of new Set(files.map((file) => file.repository))) {
      const names = [
        ...new Set(files.filter((file) => file.repository === repository).map(({ blob }) => blob)),
      ];
      const git = this.#git.in(repository);
      const batch = await git.read(["cat-file", "--batch"], names.map((name) => `${name}\n`).join(""));
      for (const [name, content] of parseBatch(batch)) found.set(name, content);
      const missing = names.filter((name) => !found.has(name)).length;
      if (missing > 0) throw partialClone(missing);
    }
    return found;
  }
}

async function openWorkTree(folder: string, env: NodeJS.ProcessEnv): Promise<Git> {
  const git = new Git(existing(folder), env);
  const { code, stdout, stderr } = await git.run([
    "rev-parse",
    "--show-superproject-working-tree",
    "--show-toplevel",
  ]);
  const lines = stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  const [top] = lines;
  if (code === 0 && top !== undefined)
    // The revisions of a submodule are those of its superproject.
    return lines.length > 1 ? openWorkTree(top, env) : git.in(realpathSync.native(top));
  if (/dubious ownership/.test(stderr))
    throw new UserError("git refuses this repository, because it belongs to another user", {
      remedy: `If you trust it, run: git config --global --add safe.directory ${git.folder}`,
    });
  throw new UserError(`${folder} isn't in a git repository`, {
    remedy: "Run the command in the repository of the manifests.",
  });
}

/** @throws UserError for a ref that git could find in two places: whoever pushes a tag could replace a branch by it */
async function commitOf(git: Git, ref: string): Promise<string> {
  await refuseAmbiguous(git, ref);
  const { code, stdout } = await git.run([
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  const commit = /[0-9a-f]{40,64}/.exec(stdout.toString("utf8"))?.[0];
  if (code === 0 && commit !== undefined) return commit;
  const [, remote, branch] = /^([^/]+)\/(.+)$/.exec(ref) ?? [];
  throw new UserError(`${ref} isn't a commit of this repository`, {
    remedy:
      remedyForShallow(await isShallow(git)) ??
      (branch === undefined
        ? "Name a branch, a tag or a commit, such as --since origin/main."
        : `Run: git fetch ${remote} ${branch}:refs/remotes/${ref}`),
  });
}

/** Where git looks for a short name, in this order. */
const PLACES_OF_REFS = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];

async function refuseAmbiguous(git: Git, ref: string): Promise<void> {
  const name = ref.replace(/(?:[~^:]|@\{).*$/s, "");
  // Git takes these as they are, whatever else has the same name.
  if (/^(?:|@|[A-Z_]*HEAD|[0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return;
  const candidates = [
    ...(name.startsWith("refs/") ? [name] : []),
    ...PLACES_OF_REFS.map((place) => `${place}${name}`),
    `refs/remotes/${name}/HEAD`,
  ];
  const listing = await git.read(["for-each-ref", "--format=%(refname)", ...candidates]);
  const refs = new Set(listing.toString("utf8").split("\n"));
  const found = candidates.filter((each) => refs.has(each));
  if (found.includes(name)) return;
  if (found.length === 1 && (await isAbbreviation(git, name))) found.push("a commit");
  // A tag can be called refs/remotes/origin/main too. Its full name begins with refs/tags/refs/.
  if (found.length < 2 && !(found.length === 1 && name.startsWith("refs/"))) return;
  throw new UserError(`${ref} is ambiguous: it names ${found.join(" and ")}`, {
    remedy: `Give the full name of the one that you mean, such as --since ${found.findLast((each) => each.startsWith("refs/"))}.`,
  });
}

async function isAbbreviation(git: Git, name: string): Promise<boolean> {
  if (!/^[0-9a-f]{4,}$/.test(name)) return false;
  return (await git.read(["rev-parse", `--disambiguate=${name}`])).length > 0;
}

async function noMergeBase(git: Git, ref: string): Promise<UserError> {
  const shallow = await isShallow(git);
  const depth = shallow ? (await git.read(["rev-list", "--count", "HEAD"])).toString("utf8").trim() : "";
  if (!shallow)
    return new UserError(`HEAD and ${ref} have no commit in common`, {
      remedy: "Name a branch that this one was started from.",
    });
  return new UserError(
    `This clone has only ${depth} of the commits of HEAD, and not the one at which it left ${ref}`,
    { remedy: remedyForShallow(true) ?? "" },
  );
}

function remedyForShallow(shallow: boolean): string | undefined {
  if (!shallow) return undefined;
  return [
    "Fetch the history: git fetch --unshallow, or in GitHub Actions fetch-depth: 0 for actions/checkout.",
    "For the merge commit of a pull request, fetch-depth: 2 and --since HEAD^1 are enough.",
  ].join("\n  ");
}

async function isShallow(git: Git): Promise<boolean> {
  return (await git.read(["rev-parse", "--is-shallow-repository"])).toString("utf8").trim() === "true";
}

function partialClone(missing: number): UserError {
  return new UserError(`${missing} of the compared files are missing from this partial clone`, {
    remedy: "Fetch them: git fetch --refetch --no-filter (or clone without --filter).",
  });
}

interface TreeEntry {
  readonly mode: string;
  readonly blob: string;
  readonly size: number;
  readonly path: string;
}

/** `<mode> <type> <object> <size>\t<path>`, each ended by a zero byte. A submodule has the size `-`. */
function parseTree(listing: Buffer): TreeEntry[] {
  return listing
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const [, mode = "", blob = "", size = "", path = ""] =
        /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]*)$/.exec(line) ?? [];
      return path === "" ? [] : [{ mode, blob, size: Number(size) || 0, path }];
    });
}

/** `<object> <type> <size>\n<content>\n`, or `<object> missing\n`. */
function* parseBatch(batch: Buffer): Generator<readonly [string, Buffer]> {
  for (let at = 0; at < batch.length; ) {
    const end = batch.indexOf("\n", at);
    const [name = "", type, size] = batch.toString("utf8", at, end).split(" ");
    at = end + 1;
    if (type === "missing" || size === undefined) continue;
    yield [name, batch.subarray(at, at + Number(size))];
    at += Number(size) + 1;
  }
}

/** The nearest folder of a path that exists. */
function existing(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      return realpathSync.native(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || folder === dirname(folder)) throw error;
    }
  }
}

/** A path below the root of a work tree: links that lead to the work tree are resolved, but no link in it. */
function fromRoot(path: string, root: string): string {
  const parents = [path];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
    parents.unshift(dirname(folder));
  for (const parent of parents) {
    const real = realpathSync.native(existing(parent));
    if (real === root || real.startsWith(`${root}${sep}`))
      return join(resolved(parent), relative(parent, path));
  }
  return resolved(path);
}

function resolved(path: string): string {
  const real = existing(path);
  for (let folder = path; ; folder = dirname(folder))
    try {
      if (realpathSync.native(folder) === real) return join(real, relative(folder, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
}
