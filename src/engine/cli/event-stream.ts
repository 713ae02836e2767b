import type grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type messages from "@pulumi/pulumi/proto/events_pb.js";
import { serve } from "@tenantry/embedded-engine/grpc";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

/** Where a CLI sends its events, as they happen. */
export interface EventStream {
  /** For `--event-log`. */
  readonly url: string;
  /** Resolves when all that was sent has been read; at once if nothing ever was. */
  drained(): Promise<void>;
  close(): void;
}

/** @param onLine gets each event as JSON */
export async function openEventStream(onLine: (line: string) => void): Promise<EventStream> {
  let drained = Promise.resolve();
  const streamEvents: grpc.handleClientStreamingCall<messages.EventRequest, empty.Empty> = (
    call,
    callback,
  ) => {
    drained = new Promise((resolve) => {
      call.on("data", (request: messages.EventRequest) => onLine(request.getEvent()));
      call.on("end", () => {
        callback(null, new empty.Empty());
        resolve();
      });
      // A CLI that is killed breaks the stream off; its exit code tells of it.
      call.on("error", () => resolve());
      call.on("cancelled", () => resolve());
    });
  };
  const server = await serve([
    [services.EventsService as unknown as grpc.ServiceDefinition, { streamEvents }],
  ]);
  return { url: `tcp://${server.address}`, drained: () => drained, close: () => server.close() };
}
