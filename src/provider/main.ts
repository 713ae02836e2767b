import { serveProvider } from "./runtime/server.ts";

/** The provider as Pulumi's engines start it: with the engine's address, and the port on the first line of its output. */
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

// An engine that is killed can't end its providers: they notice that their parent is another.
if (engineAddress !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, 1000).unref();
}
