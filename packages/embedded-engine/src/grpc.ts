import grpc from "@grpc/grpc-js";
import { messageOf } from "@tenantry/core/errors";

const MAX_MESSAGE = 400 * 1024 * 1024;

/** Pulumi's limits: states and assets are sent in single messages. */
export const MESSAGE_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
};

/** An error that the client receives with this status. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  /** The status of the response. */
  readonly code: grpc.status;

  constructor(code: grpc.status, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Turns an async function into a handler of a unary call. */
export function unary<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => {
        const code = error instanceof RpcError ? error.code : grpc.status.UNKNOWN;
        callback({ code, details: messageOf(error) });
      },
    );
  };
}

/** Starts a server on a free port of the loopback interface. */
export async function serve(
  services: readonly (readonly [grpc.ServiceDefinition, grpc.UntypedServiceImplementation])[],
): Promise<{ readonly address: string; close(): void }> {
  const server = new grpc.Server(MESSAGE_OPTIONS);
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

/** Calls a client's method, given as `(callback) => client.method(request, callback)`. */
export function call<Response>(
  start: (callback: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

/** Whether an error is a response with this status. */
export function isStatus(error: unknown, code: grpc.status): error is grpc.ServiceError {
  return error instanceof Error && "code" in error && error.code === code;
}
