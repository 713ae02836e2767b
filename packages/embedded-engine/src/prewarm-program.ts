import { UserError } from "@tenantry/core/errors";
import { ProgramProcess } from "./program.ts";
import { type Project, readProject } from "./project.ts";

/** The process of the first program, started while everything else is prepared. */
export class PrewarmedProgram {
  readonly #folder: string;
  #waiting: Promise<ProgramProcess | undefined>;

  /** @param folder the folder of Pulumi.yaml */
  constructor(folder: string) {
    this.#folder = folder;
    this.#waiting = startAhead(folder);
  }

  /** Hands out the process once, for a program of the same project. Undefined otherwise. */
  async take({ root }: Project): Promise<ProgramProcess | undefined> {
    if (root !== this.#folder) return undefined;
    const waiting = this.#waiting;
    this.#waiting = Promise.resolve(undefined);
    return waiting;
  }

  /** Stops the process if no run took it. */
  async close(): Promise<void> {
    await (await this.#waiting)?.stop();
  }
}

async function startAhead(folder: string): Promise<ProgramProcess | undefined> {
  try {
    return new ProgramProcess(await readProject(folder));
  } catch (error) {
    // If there is a run, it reports the problem.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
