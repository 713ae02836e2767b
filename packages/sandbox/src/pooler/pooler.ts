import { createServer, type Server, type Socket } from "node:net";
import { PoolerConnection, type PoolerOptions } from "./connection.ts";

/**
 * Creates a session-mode pooler like Supabase's. The user name, `<role>.<ref>`, selects the project.
 *
 * The pooler supports TLS, and refuses unencrypted connections to projects that enforce SSL.
 *
 * The pooler itself checks the project's password for `postgres.<ref>`. PostgreSQL checks the passwords of all other roles.
 *
 * @see https://supabase.com/docs/guides/database/connecting-to-postgres
 */
export function createPooler(options: PoolerOptions): Server & { closeConnections(): void } {
  const sockets = new Set<Socket>();
  const shared = { cancels: new Map<string, number>(), sessions: new Map<string, number>() };
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    new PoolerConnection(socket, options, shared).start();
  });
  const closeConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(server, { closeConnections });
}
