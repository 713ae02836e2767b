import { cliEngine } from "../../../../src/engine/cli/engine.ts";
import { findPulumi } from "../../../../src/engine/cli/pulumi.ts";
import { embeddedEngine } from "../../src/engine.ts";
import type { Engine } from "../../src/interface.ts";

const pulumi = await findPulumi(process.env);

/** The Pulumi CLI of this machine, if there is one. */
export const cli: Engine | undefined = pulumi === undefined ? undefined : cliEngine(pulumi);

/** The reason that a test of both engines is skipped. */
export const ABSENT =
  "takeover by and from the Pulumi CLI did NOT run: there is none on PATH or in PULUMI_HOME";
if (cli === undefined) process.stderr.write(`${ABSENT}\n`);

/** The directions in which a state is taken over. */
export const WAYS: readonly (readonly [string, Engine, Engine])[] =
  cli === undefined
    ? []
    : [
        ["from the CLI to the embedded engine", cli, embeddedEngine()],
        ["from the embedded engine to the CLI", embeddedEngine(), cli],
      ];
