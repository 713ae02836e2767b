import type grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type messages from "@pulumi/pulumi/proto/events_pb.js";
import { serve } from "@tenantry/embedded-engine/grpc";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

/** A server that receives the CLI's events as they happen. */
export interface EventStream {
  /** The value of `--event-log`. */
  readonly url: string;
  /** Resolves when all sent events have been read, or immediately if none were sent. */
  drained(): Promise<void>;
  close(): void;
}

/** @param onLine receives each event as JSON */
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
      // A killed CLI breaks the stream. Its exit code reports that.
      call.on("error", () => resolve());
      call.on("cancelled", () => resolve());
    });
  };
  const server = await serve([
    [services.EventsService as unknown as grpc.ServiceDefinition, { streamEvents }],
  ]);
  return { url: `tcp://${server.address}`, drained: () => drained, close: () => server.close() };
}
