import { createServer, type Server, type Socket } from "node:net";
import type { Gate } from "../gate.ts";
import type { ProjectServers } from "../project-servers.ts";
import type { ScramVerifier } from "../scram.ts";
import { PoolerConnection } from "./connection.ts";

export interface PoolerOptions {
  readonly gate: Gate;
  readonly servers: ProjectServers;
  /** The project that may be connected to now; undefined for one that doesn't exist or is paused. */
  readonly tenant: (ref: string) => { readonly databasePassword: ScramVerifier } | undefined;
}

/**
 * A session-mode pooler as Supabase's: one door to every project's database, told apart by the user's name.
 *
 * `postgres.<ref>` proves the project's own password; every other role, `<role>.<ref>`, its own one to PostgreSQL itself.
 *
 * @see https://supabase.com/docs/guides/database/connecting-to-postgres
 */
export function createPooler(options: PoolerOptions): Server & { closeConnections(): void } {
  const sockets = new Set<Socket>();
  const cancels = new Map<string, number>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    new PoolerConnection(socket, options, cancels).start();
  });
  const closeConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(server, { closeConnections });
}
