import { createServer, type Server } from "node:net";

/** Listens on 127.0.0.1, on the preferred port if it is free. Otherwise the operating system chooses the port. */
export async function listen(server: Server, preferred: number | undefined): Promise<number> {
  try {
    return await listenAt(server, preferred ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return listenAt(server, 0);
  }
}

/** Returns a port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenAt(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listenAt(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
