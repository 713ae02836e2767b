import { Secret } from "../../src/core/secret.ts";
import { embeddedEngine } from "../../src/engine/embedded/engine.ts";
import type { StackSpec } from "../../src/engine/engine.ts";

/** Brings a stack up in a process of its own, which a test may kill or interrupt. The spec is in SPEC, as JSON. */
const spec = JSON.parse(process.env.SPEC ?? "") as Omit<StackSpec, "passphrase"> & {
  readonly passphrase: string;
};
const interrupted = new AbortController();
process.on("SIGINT", () => interrupted.abort());
const run = await embeddedEngine().up(
  { ...spec, passphrase: new Secret(spec.passphrase) },
  { signal: interrupted.signal },
);
process.stdout.write(JSON.stringify(run));
