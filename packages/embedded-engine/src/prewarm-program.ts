import { UserError } from "@tenantry/core/errors";
import { ProgramProcess } from "./program.ts";
import { type Project, readProject } from "./project.ts";

/** The process of the first program that will be run, started while everything else gets ready. */
export class PrewarmedProgram {
  readonly #folder: string;
  #waiting: Promise<ProgramProcess | undefined>;

  /** @param folder of Pulumi.yaml */
  constructor(folder: string) {
    this.#folder = folder;
    this.#waiting = startAhead(folder);
  }

  /** Once: the process for a program of this project. Undefined where there is none. */
  async take({ root }: Project): Promise<ProgramProcess | undefined> {
    if (root !== this.#folder) return undefined;
    const waiting = this.#waiting;
    this.#waiting = Promise.resolve(undefined);
    return waiting;
  }

  async close(): Promise<void> {
    await (await this.#waiting)?.stop();
  }
}

async function startAhead(folder: string): Promise<ProgramProcess | undefined> {
  try {
    return new ProgramProcess(await readProject(folder));
  } catch (error) {
    // The run itself says what is missing, if there will be one.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
