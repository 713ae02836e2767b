import { serveProvider } from "./runtime/server.ts";

/** The executable that a Pulumi engine starts: its argument is the engine's address, its first line of output the port. */
const [, , engineAddress] = process.argv;
const provider = await serveProvider({
  env: process.env,
  ...(engineAddress === undefined ? {} : { engineAddress }),
});
process.stdout.write(`${provider.port}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    provider.close().finally(() => process.exit(0));
  });

// A killed engine can't stop its providers. They exit when their parent process changes.
if (engineAddress !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, 1000).unref();
}
