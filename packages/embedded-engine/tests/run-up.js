// Brings a stack up in a process of its own, which a test may kill or interrupt. The spec is in SPEC, as JSON.
import { load } from "../../../bin/load.js";

const { Secret } = await load("packages/core/src/secret");
const { embeddedEngine } = await load("packages/embedded-engine/src/engine");

const spec = JSON.parse(process.env.SPEC ?? "");
const interrupted = new AbortController();
process.on("SIGINT", () => interrupted.abort());
const run = await embeddedEngine().up(
  { ...spec, passphrase: new Secret(spec.passphrase) },
  { signal: interrupted.signal },
);
process.stdout.write(JSON.stringify(run));
