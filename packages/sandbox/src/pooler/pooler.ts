import { createServer, type Server, type Socket } from "node:net";
import { PoolerConnection, type PoolerOptions } from "./connection.ts";

/**
 * A session-mode pooler as Supabase's: one door to every project's database, told apart by the user's name.
 *
 * It speaks TLS to whoever asks for it, and to nobody else where the project enforces it.
 *
 * `postgres.<ref>` proves the project's own password; every other role, `<role>.<ref>`, its own one to PostgreSQL itself.
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
