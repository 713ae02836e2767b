import grpc from "@grpc/grpc-js";
import services, { type ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type {
  CheckResponse,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  GetSchemaResponse,
  PropertyDiff,
  ReadResponse,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

export type Properties = Record<string, unknown>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret in Pulumi's encoding. */
export function secretOf(value: unknown): Properties {
  return { [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value };
}

/** A client that calls a provider over gRPC like Pulumi's engine. */
export class ProtocolClient {
  readonly #client: ResourceProviderClient;

  constructor(port: number) {
    this.#client = new services.ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
  }

  close(): void {
    this.#client.close();
  }

  async schema(): Promise<Properties> {
    const response = await call<GetSchemaResponse>((done) =>
      this.#client.getSchema(new messages.GetSchemaRequest(), done),
    );
    return JSON.parse(response.getSchema());
  }

  async configure(args: Properties = {}) {
    const request = new messages.ConfigureRequest();
    request.setArgs(toStruct(args));
    return (await call<ConfigureResponse>((done) => this.#client.configure(request, done))).toObject();
  }

  async checkConfig(news: Properties) {
    const request = new messages.CheckRequest();
    request.setNews(toStruct(news));
    return (await call<CheckResponse>((done) => this.#client.checkConfig(request, done))).toObject()
      .failuresList;
  }

  /** @param olds the recorded inputs; absent for a new resource */
  async check(type: string, news: Properties, olds: Properties = {}) {
    const request = new messages.CheckRequest();
    request.setUrn(urnOf(type));
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const response = await call<CheckResponse>((done) => this.#client.check(request, done));
    return { inputs: fromStruct(response.getInputs()), failures: response.toObject().failuresList };
  }

  /** @param outputs the recorded outputs. Default: the recorded inputs */
  async diff(type: string, olds: Properties, news: Properties, outputs = olds) {
    const request = new messages.DiffRequest();
    request.setUrn(urnOf(type));
    request.setId("id");
    request.setOldInputs(toStruct(olds));
    request.setOlds(toStruct(outputs));
    request.setNews(toStruct(news));
    const response = await call<DiffResponse>((done) => this.#client.diff(request, done));
    const kinds = Object.entries(messages.PropertyDiff.Kind);
    const detailed: [string, string | undefined][] = [];
    response.getDetaileddiffMap().forEach((change: PropertyDiff, path: string) => {
      detailed.push([path, kinds.find(([, number]) => number === change.getKind())?.[0]]);
    });
    return {
      changes: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      detailed: Object.fromEntries(detailed),
    };
  }

  async create(type: string, properties: Properties, preview = false) {
    const request = new messages.CreateRequest();
    request.setUrn(urnOf(type));
    request.setProperties(toStruct(properties));
    request.setPreview(preview);
    const response = await call<CreateResponse>((done) => this.#client.create(request, done));
    return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
  }

  async update(
    type: string,
    id: string,
    oldInputs: Properties,
    olds: Properties,
    news: Properties,
    preview = false,
  ) {
    const request = new messages.UpdateRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setOldInputs(toStruct(oldInputs));
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    request.setPreview(preview);
    return fromStruct(
      (await call<UpdateResponse>((done) => this.#client.update(request, done))).getProperties(),
    );
  }

  async read(type: string, id: string, inputs: Properties, outputs: Properties) {
    const request = new messages.ReadRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setInputs(toStruct(inputs));
    request.setProperties(toStruct(outputs));
    const response = await call<ReadResponse>((done) => this.#client.read(request, done));
    return {
      id: response.getId(),
      inputs: fromStruct(response.getInputs()),
      outputs: fromStruct(response.getProperties()),
    };
  }

  async delete(type: string, id: string, inputs: Properties, outputs: Properties): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setUrn(urnOf(type));
    request.setId(id);
    request.setOldInputs(toStruct(inputs));
    request.setProperties(toStruct(outputs));
    await call((done) => this.#client.delete(request, done));
  }

  async cancel(): Promise<void> {
    await call((done) => this.#client.cancel(new empty.Empty(), done));
  }
}

/** The state that an engine records after a failed create, or undefined if it records nothing. */
export function keptOf(error: unknown): { id: string; outputs: Properties; reasons: string[] } | undefined {
  const [bytes] = (error as grpc.ServiceError).metadata.get("grpc-status-details-bin");
  if (bytes === undefined) return undefined;
  const [detail] = statuses.Status.deserializeBinary(bytes as Buffer).getDetailsList();
  if (detail?.getTypeUrl() !== "type.googleapis.com/pulumirpc.ErrorResourceInitFailed") return undefined;
  const kept = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return { id: kept.getId(), outputs: fromStruct(kept.getProperties()), reasons: kept.getReasonsList() };
}

function urnOf(type: string): string {
  return `urn:pulumi:test::tenants::tenantry:index:Workspace$tenantry:${type}::it`;
}

function call<T>(
  start: (done: (error: grpc.ServiceError | null, response: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

function toStruct(properties: Properties): struct.Struct {
  return struct.Struct.fromJavaScript(properties as Record<string, struct.JavaScriptValue>);
}

function fromStruct(properties: struct.Struct | undefined): Properties {
  return properties?.toJavaScript() ?? {};
}
