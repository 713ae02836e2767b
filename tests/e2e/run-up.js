// One `up` of a stack as `run-once.ts` makes it, in a process of its own, which a test may kill. The stack is the argument.
import { load } from "../../bin/load.js";

const { Secret } = await load("packages/core/src/secret");
const { embeddedEngine } = await load("packages/embedded-engine/src/engine");
const { serveProvider } = await load("src/provider/runtime/server");

const spec = JSON.parse(process.argv[2] ?? "");
const provider = await serveProvider({ env: spec.env, shared: true });
try {
  const attach = { tenantry: `127.0.0.1:${provider.port}` };
  const stack = { ...spec, passphrase: new Secret(spec.passphrase) };
  const { result, diagnostics } = await embeddedEngine().up(stack, { attach });
  for (const { message } of diagnostics) process.stderr.write(`${message}\n`);
  process.exitCode = result === "succeeded" ? 0 : 1;
} finally {
  await provider.close();
}
