import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { messageOf, UserError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";
import * as z from "zod";
import { fullKey } from "./config-key.ts";
import { type ConfigType, configType, configTypeName, hasType, typeText } from "./config-type.ts";
import { projectReader } from "./project-file.ts";
import { demandVersion, PULUMI_VERSION } from "./pulumi-version.ts";

/** The name of every organization on a file backend. */
export const ORGANIZATION = "organization";

/** What Pulumi.yaml says about a configuration key. A value alone is its default. */
const configDeclaration = z.preprocess(
  (written) => (isRecord(written) ? written : { value: written }),
  z.strictObject({
    type: configTypeName.optional(),
    items: configType.optional(),
    description: z.string().optional(),
    secret: z.boolean().default(false),
    default: z.unknown().optional(),
    value: z.unknown().optional(),
  }),
);

/**
 * Pulumi.yaml, as far as the engine supports it.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/project.json
 */
const shape = z
  .strictObject({
    name: z.string().min(1),
    main: z.string().optional(),
    stackConfigDir: z.string().optional(),
    requiredPulumiVersion: z.string().default(""),
    runtime: z.union([
      z.string(),
      z.strictObject({
        name: z.string(),
        options: z
          .strictObject({
            typescript: z.boolean().optional(),
            nodeargs: z.string().optional(),
            tsconfig: z.string().optional(),
            // For `pulumi install` only.
            packagemanager: z.string().optional(),
            production: z.boolean().optional(),
          })
          .optional(),
      }),
    ]),
    plugins: z
      .strictObject({
        providers: z
          .array(z.strictObject({ name: z.string(), path: z.string(), version: z.string().optional() }))
          .optional(),
      })
      .optional(),
    config: z.record(z.string(), configDeclaration).optional(),
    // Described for people, or only used by other commands of Pulumi. Every run gets the URL of its backend.
    description: z.string().nullish(),
    author: z.string().nullish(),
    website: z.string().nullish(),
    license: z.string().nullish(),
    template: z.unknown().optional(),
    backend: z.unknown().optional(),
  })
  .superRefine(({ name, config = {} }, context) => {
    for (const [key, declaration] of Object.entries(config)) {
      const message = problemOf(key, name, declaration);
      if (message !== undefined) context.addIssue({ code: "custom", path: ["config", key], message });
    }
  });

/** @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/project.go (Project.Validate) */
function problemOf(
  key: string,
  project: string,
  { type, items, default: preset, value }: z.output<typeof configDeclaration>,
): string | undefined {
  const full = fullKey(key, project);
  if (full === undefined) return "a configuration key has the form <namespace>:<name>";
  if (/[.[\]]/.test(key)) return "the embedded engine doesn't support paths in configuration keys";
  if (preset !== undefined && value !== undefined) return "there is both a `default` and a `value`";
  if (!full.startsWith(`${project}:`)) {
    if (type !== undefined) return "a key of another namespace can't have a `type`";
    if (preset !== undefined) return "a key of another namespace has a `value` instead of a `default`";
    return value === undefined ? "a key of another namespace needs a `value`" : undefined;
  }
  if (type === undefined) return undefined;
  if (type === "array" && items === undefined) return "an array needs the type of its `items`";
  return preset === undefined || hasType({ type, items }, preset)
    ? undefined
    : `the default must be of the type ${typeText({ type, items })}`;
}

/** A declared configuration key. */
export interface ConfigDeclaration {
  /** Undefined if any value is allowed. */
  readonly type: ConfigType | undefined;
  /** Whether a stack's value must be encrypted. */
  readonly secret: boolean;
  /** The value of stacks that have none; undefined if there is no such value. */
  readonly value: unknown;
}

/** A Pulumi project, as its Pulumi.yaml describes it. */
export interface Project {
  readonly name: string;
  /** The folder of Pulumi.yaml, absolute. */
  readonly root: string;
  /** The folder in which the program runs, and its entry point in it: `.` is the package's `main`. */
  readonly programFolder: string;
  readonly entryPoint: string;
  readonly settingsFolder: string;
  readonly typescript: boolean;
  readonly tsconfig: string | undefined;
  readonly nodeArgs: readonly string[];
  /** The folders of the provider plugins that the project names, by package. */
  readonly plugins: ReadonlyMap<string, string>;
  /** The declared configuration of every stack, by full key. */
  readonly config: ReadonlyMap<string, ConfigDeclaration>;
}

/** @throws UserError when Pulumi.yaml is missing or invalid, or requires another runtime or version */
export const readProject = projectReader(shape, projectOf);

function projectOf(root: string, project: z.output<typeof shape>): Project {
  const runtime = typeof project.runtime === "string" ? { name: project.runtime } : project.runtime;
  checkVersion(root, project.requiredPulumiVersion);
  if (runtime.name !== "nodejs")
    throw new UserError(`The embedded engine runs Node.js programs only, not ${runtime.name}.`, {
      remedy: "Use the Pulumi CLI for this project: --engine cli.",
    });
  const options = "options" in runtime ? runtime.options : undefined;
  return {
    name: project.name,
    root,
    ...entryOf(root, project.main),
    settingsFolder: resolve(root, project.stackConfigDir ?? "."),
    typescript: options?.typescript ?? true,
    tsconfig: options?.tsconfig,
    nodeArgs: splitWords(options?.nodeargs ?? ""),
    plugins: new Map((project.plugins?.providers ?? []).map(({ name, path }) => [name, resolve(root, path)])),
    config: declarationsOf(project.name, project.config ?? {}),
  };
}

function checkVersion(root: string, range: string): void {
  try {
    demandVersion(range);
  } catch (cause) {
    const why = messageOf(cause);
    throw new UserError(`${root}/Pulumi.yaml, requiredPulumiVersion: ${why}`, {
      remedy: `Change the range to include Pulumi ${PULUMI_VERSION}, with which the embedded engine is compatible. Or use the Pulumi CLI: --engine cli.`,
      cause,
    });
  }
}

function entryOf(root: string, main: string | undefined): { programFolder: string; entryPoint: string } {
  if (main === undefined) return { programFolder: root, entryPoint: "." };
  const path = resolve(root, main);
  if (existsSync(path) && statSync(path).isDirectory()) return { programFolder: path, entryPoint: "." };
  return { programFolder: dirname(path), entryPoint: basename(path) };
}

/** Splits words like a shell: at spaces, except in quotes. */
function splitWords(text: string): readonly string[] {
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

function declarationsOf(
  project: string,
  config: Readonly<Record<string, z.output<typeof configDeclaration>>>,
): Project["config"] {
  return new Map(
    Object.entries(config).map(([key, { type, items, secret, default: preset, value }]) => [
      fullKey(key, project) ?? key,
      { type: type && { type, items }, secret, value: value ?? preset },
    ]),
  );
}
