import { setImmediate } from "node:timers/promises";
import { RunError, runtime } from "@pulumi/pulumi";
import * as sdkState from "@pulumi/pulumi/runtime/state.js";
import { ShownFailure } from "./shown-failure.ts";

/** The services that the SDK calls, as clients in this process. */
export interface LocalClients {
  readonly monitor: unknown;
  readonly engine: unknown;
}

interface Settings {
  monitor?: unknown;
  engine?: unknown;
}

/** The SDK's settings of one run. Its declarations omit them, but its inline programs (Automation API) depend on them. */
const { withLocalStorage, getStore } = sdkState as unknown as {
  readonly withLocalStorage: <T>(work: () => T) => T;
  readonly getStore: () => { readonly settings: Settings };
};

const PARALLEL = 8;

/** Runs a program with the Pulumi SDK in this process, as the Automation API runs inline programs. */
export function runInSdk(
  program: () => Promise<Record<string, unknown>>,
  options: {
    readonly project: string;
    readonly stack: string;
    readonly organization: string;
    readonly preview: boolean;
  },
  clients: LocalClients,
): Promise<void> {
  return withLocalStorage(async () => {
    const { project, stack, organization, preview } = options;
    runtime.resetOptions(project, stack, PARALLEL, "", "", preview, organization);
    Object.assign(getStore().settings, clients);
    runtime.setAllConfig({});
    const failures = new FailedOutputs();
    try {
      await Promise.race([runtime.runInPulumiStack(program), failures.first]);
      await Promise.race([runtime.disconnect(), failures.first]);
    } finally {
      await failures.close();
    }
  });
}

/** The errors of outputs that the program doesn't await. Without a listener they would end this process. */
class FailedOutputs {
  readonly first: Promise<never>;
  readonly #listener: (error: unknown) => void;

  constructor() {
    let fail: (error: unknown) => void = () => undefined;
    this.first = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.first.catch(() => undefined);
    this.#listener = (error) => fail(plain(error));
    process.on("unhandledRejection", this.#listener);
  }

  /** After a failure, the other registrations are rejected too. They are part of it. */
  async close(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    process.off("unhandledRejection", this.#listener);
  }
}

/** The program's own message. The SDK repeats failures of the engine, which has reported them. */
function plain(error: unknown): unknown {
  if (error instanceof Error && "code" in error) return new ShownFailure(error.message, { cause: error });
  return RunError.isInstance(error) ? new Error((error as Error).message) : error;
}
