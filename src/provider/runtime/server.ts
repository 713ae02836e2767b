import grpc from "@grpc/grpc-js";
import { Connections } from "../../vendors/connections.ts";
import { EngineLog } from "./protocol/engine-log.ts";
import { Redactor } from "./protocol/redact.ts";
import { PROVIDER_PROTOCOL, providerService } from "./protocol/service.ts";

/** Pulumi's own limit; a state can be large. */
const LARGEST_MESSAGE = 400 * 1024 * 1024;

export interface ProviderOptions {
  /** Tokens, base URLs and the root secret: SUPABASE_ACCESS_TOKEN, STRIPE_API_KEY, TENANTRY_ROOT_SECRET, … */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system chooses a free port. */
  readonly port?: number;
  /** The address of the engine that started it. Progress is sent there. */
  readonly engineAddress?: string;
  /** Whether several engines use it at once, so that a cancel by one doesn't end the work of the others. Default false. */
  readonly shared?: boolean;
  /** Cancels every call and wait. */
  readonly signal?: AbortSignal;
  /** Receives progress instead of the engine, if the provider runs in the same process. */
  readonly onStatus?: (urn: string, message: string) => void;
}

export interface RunningProvider {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the provider's gRPC server. */
export async function serveProvider(options: ProviderOptions): Promise<RunningProvider> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const connections = new Connections(options.env, signal);
  const redactor = new Redactor();
  redactor.learn(connections.secrets());
  const log = new EngineLog(options.engineAddress);

  const service = providerService({
    connections,
    redactor,
    signal,
    shared: options.shared ?? false,
    cancel: () => stop.abort(),
    attach: (address) => log.connect(address),
    status: options.onStatus ?? ((urn, message) => log.status(urn, message)),
  });
  const server = new grpc.Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
  });
  server.addService(PROVIDER_PROTOCOL, { ...service } as grpc.UntypedServiceImplementation);
  const port = await listen(server, `${options.host ?? "127.0.0.1"}:${options.port ?? 0}`);

  return {
    port,
    async close() {
      stop.abort();
      server.forceShutdown();
      log.close();
      await connections.close();
    },
  };
}

function listen(server: grpc.Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}
