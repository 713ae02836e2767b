import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";

/** Sends lines of progress to the engine. A line that can't be sent is dropped. */
export class EngineLog {
  #client: InstanceType<typeof services.EngineClient> | undefined;

  constructor(address: string | undefined) {
    if (address !== undefined && address !== "") this.connect(address);
  }

  connect(address: string): void {
    this.close();
    this.#client = new services.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Shows a line next to the resource while it is being processed. The engine doesn't log it. */
  status(urn: string, message: string): void {
    if (this.#client === undefined) return;
    const request = new messages.LogRequest();
    request.setSeverity(messages.LogSeverity.INFO);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(true);
    this.#client.log(request, () => undefined);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
