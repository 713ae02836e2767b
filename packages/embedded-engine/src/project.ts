import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import { projectReader } from "./project-file.ts";
import { demandVersion, PULUMI_VERSION } from "./pulumi-version.ts";

/** The name of every organization on a file backend. */
export const ORGANIZATION = "organization";

/** The parts of Pulumi.yaml that the engine uses. */
const shape = z.object({
  name: z.string(),
  main: z.string().optional(),
  stackConfigDir: z.string().optional(),
  requiredPulumiVersion: z.string().default(""),
  runtime: z.union([
    z.string(),
    z.object({
      name: z.string(),
      options: z
        .object({
          typescript: z.boolean().optional(),
          nodeargs: z.string().optional(),
          tsconfig: z.string().optional(),
        })
        .optional(),
    }),
  ]),
  plugins: z
    .object({
      providers: z
        .array(z.object({ name: z.string(), path: z.string(), version: z.string().optional() }))
        .optional(),
    })
    .optional(),
  config: z.record(z.string(), z.unknown()).optional(),
});

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
  /** Configuration for every stack, by full key. */
  readonly config: ReadonlyMap<string, string>;
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
    config: configOf(project.name, project.config ?? {}),
  };
}

function checkVersion(root: string, range: string): void {
  try {
    demandVersion(range);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
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

function configOf(project: string, config: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(config).flatMap(([key, declared]) => {
      const settings = declared as { value?: unknown; default?: unknown } | null;
      const value =
        typeof declared === "object" && declared !== null ? (settings?.value ?? settings?.default) : declared;
      return value === undefined || value === null
        ? []
        : [[key.includes(":") ? key : `${project}:${key}`, textOf(value)] as const];
    }),
  );
}

/** Converts a configuration value to text: JSON for lists and maps. */
export function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
