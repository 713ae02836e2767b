import { connect, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { messageOf } from "@tenantry/core/errors";
import type { Interceptor } from "../interceptor.ts";
import type { Lease, ProjectServers } from "../project-servers.ts";
import { ScramServer, type ScramVerifier } from "../scram.ts";
import {
  authentication,
  CANCEL_REQUEST,
  fatal,
  GSS_REQUEST,
  type Message,
  MessageReader,
  message,
  SSL_REQUEST,
  startupPacket,
  startupParameters,
  takeStartup,
  texts,
} from "./messages.ts";
import { type Batch, Batches, WriteDetector } from "./statements.ts";

export interface PoolerOptions {
  readonly interceptor: Interceptor;
  readonly servers: ProjectServers;
  /** Returns a project that accepts connections. Returns undefined if it doesn't exist or its database isn't up. */
  readonly tenant: (ref: string) => Tenant | undefined;
  readonly tls: SecureContext;
  /** The IPv4 address to check against network restrictions. */
  readonly clientAddress?: string | undefined;
}

/** A project as the pooler knows it. */
export interface Tenant {
  readonly databasePassword: ScramVerifier;
  readonly requiresTls: boolean;
  /** The maximum number of concurrent sessions per role. */
  readonly poolSize: number;
  /** Whether the project's network restrictions allow an address. Undefined stands for this machine's unknown address. */
  admits(address: string | undefined): boolean;
}

/** The client, from a user name of the form `<role>.<project ref>`. */
interface Caller {
  readonly role: string;
  readonly ref: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The role for independent reads in tests. Its queries aren't recorded, and faults don't apply to them. */
const UNSEEN = "supabase_admin";

/** A client's connection. */
export class PoolerConnection {
  #client: Socket;
  #isEncrypted = false;
  readonly #options: PoolerOptions;
  /** The backend's port, by the key of its cancel requests. */
  readonly #cancels: Map<string, number>;
  /** The number of sessions, by role and project. */
  readonly #sessions: Map<string, number>;
  #received: Buffer = Buffer.alloc(0);
  #wanted: (() => void) | undefined;

  constructor(
    client: Socket,
    options: PoolerOptions,
    { cancels, sessions }: { cancels: Map<string, number>; sessions: Map<string, number> },
  ) {
    this.#client = client;
    this.#options = options;
    this.#cancels = cancels;
    this.#sessions = sessions;
  }

  start(): void {
    this.#listen();
    this.#serve().catch((error: unknown) => {
      if (!this.#client.destroyed) this.#refuse("XX000", messageOf(error));
    });
  }

  #listen(): void {
    const client = this.#client;
    client.on("error", () => client.destroy());
    client.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wanted?.();
    });
    client.on("close", () => this.#wanted?.());
  }

  async #serve(): Promise<void> {
    const caller = await this.#startUp();
    if (caller === undefined) return;
    const tenant = this.#options.tenant(caller.ref);
    if (tenant === undefined) return this.#refuse("XX000", "Tenant or user not found");
    const refusal = this.#refusalOf(caller, tenant);
    if (refusal !== undefined) return this.#refuse("XX000", refusal);
    const checked = caller.role === "postgres";
    if (checked && !(await this.#provePassword(tenant.databasePassword)))
      return this.#refuse("28P01", `password authentication failed for user "${caller.role}"`);
    if (!this.#takeSession(caller, tenant)) return this.#refuse("XX000", fullPool(tenant.poolSize));
    const lease = await this.#options.servers.use(caller.ref);
    this.#client.once("close", () => lease.release());
    if (this.#client.destroyed) lease.release();
    else this.#join(caller, lease, checked);
  }

  /** Counts a session until its client disconnects. Returns false if the pool is full. */
  #takeSession({ role, ref }: Caller, { poolSize }: Tenant): boolean {
    if (role === UNSEEN) return true;
    const key = `${role}.${ref}`;
    const taken = this.#sessions.get(key) ?? 0;
    if (taken >= poolSize) return false;
    this.#sessions.set(key, taken + 1);
    const free = () => this.#sessions.set(key, (this.#sessions.get(key) ?? 1) - 1);
    if (this.#client.destroyed) free();
    else this.#client.once("close", free);
    return true;
  }

  /** Uses Supavisor's order of checks and its messages. @see https://github.com/supabase/supavisor lib/supavisor/errors */
  #refusalOf({ role }: Caller, tenant: Tenant): string | undefined {
    // No client of the hosted platform can use this role.
    if (role === UNSEEN) return undefined;
    if (tenant.requiresTls && !this.#isEncrypted)
      return `(ESSLREQUIRED) SSL connection is required for user: ${role}`;
    const { clientAddress } = this.#options;
    if (tenant.admits(clientAddress)) return undefined;
    const address = (clientAddress ?? "127.0.0.1").split(".").join(", ");
    return `(EADDRNOTALLOWED) address not in tenant allow_list: {${address}}`;
  }

  /** Reads the startup packet. Before it, answers requests for encryption. Forwards a cancel request. */
  async #startUp(): Promise<Caller | undefined> {
    for (;;) {
      const packet = takeStartup(this.#received);
      if (packet === undefined) {
        if (!(await this.#more())) return undefined;
        continue;
      }
      this.#received = packet.rest;
      if (packet.code === SSL_REQUEST && !this.#isEncrypted) this.#encrypt();
      else if (packet.code === SSL_REQUEST || packet.code === GSS_REQUEST) this.#client.write("N");
      else if (packet.code === CANCEL_REQUEST) return this.#cancel(packet.payload);
      else return callerOf(startupParameters(packet.payload));
    }
  }

  /** @throws Error if unencrypted data follows the request, because a man in the middle may have injected it */
  #encrypt(): void {
    if (this.#received.length > 0) throw new Error("received unencrypted data after SSL request");
    const clear = this.#client;
    clear.removeAllListeners("data");
    clear.write("S");
    this.#client = new TLSSocket(clear, { isServer: true, secureContext: this.#options.tls });
    this.#isEncrypted = true;
    this.#listen();
  }

  #cancel(key: Buffer): undefined {
    const port = this.#cancels.get(key.toString("hex"));
    this.#client.destroy();
    if (port === undefined) return;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + key.length, 0);
    head.writeUInt32BE(CANCEL_REQUEST, 4);
    const backend = connect(port, "127.0.0.1", () => backend.end(Buffer.concat([head, key])));
    backend.on("error", () => backend.destroy());
  }

  async #provePassword(verifier: ScramVerifier): Promise<boolean> {
    this.#client.write(authentication(10, "SCRAM-SHA-256\0\0"));
    const initial = await this.#next();
    const [mechanism] = texts(initial.payload, 1);
    const first = initial.payload.subarray((mechanism?.length ?? 0) + 5).toString("utf8");
    const scram = new ScramServer(verifier, first);
    this.#client.write(authentication(11, scram.first()));
    const final = scram.final((await this.#next()).payload.toString("utf8"));
    if (final !== undefined) this.#client.write(authentication(12, final));
    return final !== undefined;
  }

  /** Connects to PostgreSQL as the same role and forwards messages in both directions. */
  #join(caller: Caller, lease: Lease, checked: boolean): void {
    const client = this.#client;
    const backend = connect({ port: lease.port, host: "127.0.0.1", noDelay: true });
    backend.on("error", () => client.destroy());
    backend.on("close", () => client.end());
    client.on("close", () => backend.destroy());
    backend.write(startupPacket(caller.parameters));
    const session = new Session(this.#options, client, backend, caller.role !== UNSEEN);
    const reader = new MessageReader();
    backend.on("data", (chunk: Buffer) => {
      for (const one of reader.read(chunk)) {
        if (one.type === "K") this.#remember(one.payload, lease.port, backend);
        // The pooler has verified the project's password, so it can send the server's own password for this role.
        if (checked && asksForPassword(one)) backend.write(passwordMessage(lease));
        else session.answer(one);
      }
    });
    const forward = (bytes: Buffer): void => session.ask(bytes);
    client.removeAllListeners("data");
    client.on("data", forward);
    if (this.#received.length > 0) forward(this.#received);
  }

  #remember(key: Buffer, port: number, backend: Socket): void {
    const name = key.toString("hex");
    this.#cancels.set(name, port);
    backend.on("close", () => this.#cancels.delete(name));
  }

  /** Reads the client's next typed message. @throws Error if the client disconnects */
  async #next(): Promise<Message> {
    for (;;) {
      const length = this.#received.length < 5 ? undefined : 1 + this.#received.readUInt32BE(1);
      if (length !== undefined && this.#received.length >= length) {
        const [one] = new MessageReader().read(this.#received.subarray(0, length));
        this.#received = this.#received.subarray(length);
        if (one !== undefined) return one;
      } else if (!(await this.#more())) {
        throw new Error("the client disconnected");
      }
    }
  }

  /** Waits for more bytes. Returns false if the client disconnected. */
  async #more(): Promise<boolean> {
    if (this.#client.destroyed) return false;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
    return !this.#client.destroyed;
  }

  #refuse(code: string, text: string): void {
    this.#client.end(fatal(code, text));
  }
}

/** @see https://github.com/supabase/supavisor lib/supavisor/errors/max_connections_error.ex */
function fullPool(size: number): string {
  return `(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: ${size}`;
}

function callerOf(parameters: Map<string, string>): Caller {
  const user = parameters.get("user") ?? "";
  const dot = user.lastIndexOf(".");
  const role = dot < 0 ? user : user.slice(0, dot);
  const ref = dot < 0 ? "" : user.slice(dot + 1);
  return { role, ref, parameters: new Map([...parameters, ["user", role]]) };
}

function asksForPassword({ type, payload }: Message): boolean {
  return type === "R" && payload.readUInt32BE(0) === 3;
}

function passwordMessage(lease: Lease): Buffer {
  return message("p", Buffer.from(`${lease.password.reveal()}\0`));
}

/** An established session. Each batch goes through the interceptor and waits for the response to the previous one. */
class Session {
  readonly #options: PoolerOptions;
  readonly #client: Socket;
  readonly #backend: Socket;
  readonly #seen: boolean;
  readonly #reader = new MessageReader();
  readonly #batches = new Batches();
  readonly #judge = new WriteDetector();
  #turn: Promise<void> = Promise.resolve();
  /** Set while a response is collected instead of forwarded. */
  #gathered: { chunks: Buffer[]; done: () => void } | undefined;
  #started = false;

  constructor(options: PoolerOptions, client: Socket, backend: Socket, seen: boolean) {
    this.#options = options;
    this.#client = client;
    this.#backend = backend;
    this.#seen = seen;
    backend.once("close", () => this.#gathered?.done());
  }

  /** Handles bytes from the client. */
  ask(bytes: Buffer): void {
    if (!this.#seen) {
      this.#backend.write(bytes);
      return;
    }
    for (const one of this.#reader.read(bytes)) {
      const batch = this.#batches.add(one);
      if (batch === undefined) continue;
      this.#turn = this.#turn.then(() => this.#send(batch));
    }
  }

  /** Handles a message from the backend. */
  answer(one: Message): void {
    if (one.type === "Z") this.#started = true;
    if (this.#gathered === undefined) {
      this.#client.write(one.bytes);
      return;
    }
    this.#gathered.chunks.push(one.bytes);
    // ReadyForQuery or CopyInResponse.
    if (one.type === "Z" || one.type === "G") this.#gathered.done();
  }

  async #send({ sql, values, bytes, awaitsReady }: Batch): Promise<void> {
    if (sql === "" || !this.#started) {
      this.#backend.write(bytes);
      return;
    }
    const answer = await this.#options.interceptor.handle<Buffer | undefined>({
      request: {
        service: "postgres",
        method: "QUERY",
        path: sql,
        body: values,
        write: this.#judge.isWrite(sql),
      },
      forward: () => this.#run(bytes, awaitsReady),
      statusOf: () => 200,
      refuse: (status) => {
        const [code, text] =
          status === 429
            ? ["XX000", "(EMAXCONN) max client connections reached, limit: 200"]
            : ["58000", "server failure"];
        this.#client.end(fatal(code ?? "", text ?? ""));
        return undefined;
      },
      store: async () => {},
      respond: () => {
        this.#client.end(fatal("0A000", "the sandbox's pooler doesn't support the fault `respond`"));
        return undefined;
      },
      cut: () => {
        this.#client.destroy();
        return undefined;
      },
      isGone: () => this.#client.destroyed,
    });
    if (answer !== undefined && !this.#client.destroyed) this.#client.write(answer);
  }

  /** Collects the whole response. If its end can't be recognized, forwards it as it arrives and returns undefined. */
  async #run(bytes: Buffer, awaitsReady: boolean): Promise<Buffer | undefined> {
    if (!awaitsReady) {
      this.#backend.write(bytes);
      return undefined;
    }
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const done = (): void => {
        this.#gathered = undefined;
        resolve(Buffer.concat(chunks));
      };
      this.#gathered = { chunks, done };
      this.#backend.write(bytes);
    });
  }
}
