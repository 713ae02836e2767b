import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { PLAIN_ERRORS, QUICK_START } from "../node-options.ts";
import { type Child, startChild } from "./child.ts";
import type { Project } from "./project.ts";
import type { StackConfig } from "./stack-settings.ts";

/** Starts a project's Node.js program as Pulumi's own language host does. */
export function startProgram(
  project: Project,
  options: {
    readonly stack: string;
    readonly config: StackConfig;
    readonly env: Readonly<Record<string, string>>;
    readonly monitor: string;
    readonly engine: string;
    readonly dryRun: boolean;
    readonly parallel: number;
    readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  },
): Child {
  const command = [
    process.execPath,
    ...project.nodeArgs,
    resolveRunner(project.programFolder),
    ...["--monitor", options.monitor],
    ...["--engine", options.engine],
    ...["--organization", "organization"],
    ...["--project", project.name],
    ...["--root-directory", project.root],
    ...["--stack", options.stack],
    ...["--pwd", project.programFolder],
    ...(options.dryRun ? ["--dry-run"] : []),
    ...["--parallel", String(options.parallel)],
    project.entryPoint,
  ];
  return startChild(command, {
    cwd: project.programFolder,
    env: {
      ...process.env,
      ...options.env,
      ...configVariables(options.config),
      ...(project.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
      ...(project.tsconfig !== undefined && {
        PULUMI_NODEJS_TSCONFIG_PATH: join(project.root, project.tsconfig),
      }),
    },
    preload: [PLAIN_ERRORS, QUICK_START],
    onLine: options.onLine,
  });
}

/** The stack's configuration as the SDK reads it. */
export function configVariables(config: StackConfig): Readonly<Record<string, string>> {
  const values = [...config].map(([key, { value }]) => [key.replace(":", ":config:"), value]);
  const secrets = [...config].filter(([, { secret }]) => secret).map(([key]) => key);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(values)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secrets),
  };
}

function resolveRunner(folder: string): string {
  try {
    return createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch (cause) {
    throw new UserError(`@pulumi/pulumi is not installed where ${folder} finds it.`, {
      remedy: "Run npm ci.",
      cause,
    });
  }
}
