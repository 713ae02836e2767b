import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { type Child, startChild } from "./child.ts";
import { PLAIN_ERRORS, QUICK_START } from "./node-options.ts";
import { ORGANIZATION, type Project } from "./project.ts";
import type { StackConfig } from "./stack-config.ts";

/** A run of a project's program. */
export interface ProgramRun {
  readonly stack: string;
  readonly config: StackConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly monitor: string;
  readonly engine: string;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
}

/** Tells a process to wait for its program. */
const TO_COME = "PULUMI_NODEJS_PROGRAM_TO_COME";

/** Preloads modules that every program needs, independently of its environment, then waits for the program and its stack. */
const WAIT = `
import { createRequire } from "node:module";
if (process.env.${TO_COME}) {
  delete process.env.${TO_COME};
  const told = new Promise((resolve) => process.once("message", resolve));
  process.channel.ref();
  const load = createRequire(process.cwd() + "/package.json");
  for (const part of ["@pulumi/pulumi/proto/resource_grpc_pb.js", "@pulumi/pulumi/proto/engine_grpc_pb.js"])
    try { load(part); } catch { /* Another version of the SDK, which loads its own modules. */ }
  const { args, env } = await told;
  process.channel.unref();
  process.argv.push(...args);
  Object.assign(process.env, env);
}`;

/** The process of a program, started as by Pulumi's language host, but before its stack is known. */
export class ProgramProcess {
  readonly #project: Project;
  readonly #child: Child;
  #onLine: ProgramRun["onLine"] = () => undefined;

  /** @throws UserError when the project's packages aren't installed */
  constructor(project: Project) {
    this.#project = project;
    const runner = resolveRunner(project.programFolder);
    this.#child = startChild([process.execPath, ...project.nodeArgs, runner], {
      cwd: project.programFolder,
      env: { ...process.env, [TO_COME]: "true" },
      preload: [PLAIN_ERRORS, QUICK_START, WAIT],
      onLine: (line, stream) => this.#onLine(line, stream),
    });
  }

  /** Runs the program. Call it once. */
  run(program: ProgramRun): Child {
    this.#onLine = program.onLine;
    this.#child.tell({
      args: argumentsOf(this.#project, program),
      env: { ...program.env, ...configVariables(program.config), ...languageVariables(this.#project) },
    });
    return this.#child;
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return this.#child.stop();
  }
}

function argumentsOf(project: Project, program: ProgramRun): readonly string[] {
  return [
    ...["--monitor", program.monitor],
    ...["--engine", program.engine],
    ...["--organization", ORGANIZATION],
    ...["--project", project.name],
    ...["--root-directory", project.root],
    ...["--stack", program.stack],
    ...["--pwd", project.programFolder],
    ...(program.dryRun ? ["--dry-run"] : []),
    ...["--parallel", String(program.parallel)],
    project.entryPoint,
  ];
}

/** The variables from which the SDK reads the stack's configuration. */
export function configVariables(config: StackConfig): Readonly<Record<string, string>> {
  const values = [...config].map(([key, { value }]) => [key.replace(":", ":config:"), value]);
  const secrets = [...config].filter(([, { secret }]) => secret).map(([key]) => key);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(values)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secrets),
  };
}

function languageVariables({ root, typescript, tsconfig }: Project): Readonly<Record<string, string>> {
  return {
    ...(typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(tsconfig !== undefined && { PULUMI_NODEJS_TSCONFIG_PATH: join(root, tsconfig) }),
  };
}

function resolveRunner(folder: string): string {
  try {
    return createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch (cause) {
    throw new UserError(`@pulumi/pulumi isn't installed for the program in ${folder}.`, {
      remedy: "Run npm ci in the program's folder.",
      cause,
    });
  }
}
