import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * A small provider for the engine's tests, spoken to over gRPC as any other.
 *
 * Its world is the folder TEST_WORLD: `things/<id>.json` is what exists, `calls.jsonl` what was asked of it, and
 * `faults.json` says what goes wrong: `{"create a": "fail"}`, by operation and resource name.
 *
 * A Thing has any inputs. Changing `kind` replaces it; so does anything when `mode` is `by-hand`. Its outputs are its
 * inputs, `size` (of its value) and, under `secretly`, its value as a secret.
 */
const world = process.env.TEST_WORLD ?? "";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Json = { [key: string]: struct.JavaScriptValue };

type Fault = "fail" | "quote" | "throw" | "partial" | "hang" | "until-cancelled" | "crash";

let cancelled: () => void = () => undefined;
const cancellation = new Promise<void>((resolve) => {
  cancelled = resolve;
});
let configuration: Json = {};

function values(message: struct.Struct | undefined): Json {
  return message?.toJavaScript() ?? {};
}

function record(call: string, urn: string, details: object = {}): void {
  const name = urn.split("::").at(-1) ?? "";
  appendFileSync(join(world, "calls.jsonl"), `${JSON.stringify({ call, name, ...details })}\n`);
}

function fileOf(id: string): string {
  return join(world, "things", `${id}.json`);
}

function put(id: string, inputs: Json): void {
  mkdirSync(join(world, "things"), { recursive: true });
  writeFileSync(fileOf(id), JSON.stringify(inputs));
}

function get(id: string): Json | undefined {
  return existsSync(fileOf(id)) ? JSON.parse(readFileSync(fileOf(id), "utf8")) : undefined;
}

function outputsOf(inputs: Json): Json {
  const { value } = inputs;
  if (value === undefined) return inputs;
  const unknown = value === UNKNOWN;
  return {
    ...inputs,
    size: unknown ? UNKNOWN : String(JSON.stringify(value).length),
    secretly: { [SIGNATURE]: SECRET, value },
  };
}

/** An error with which a provider says that the resource exists but is not finished. */
function partial(id: string, inputs: Json): Partial<grpc.StatusObject> {
  const failure = new messages.ErrorResourceInitFailed();
  failure.setId(id);
  failure.setProperties(struct.Struct.fromJavaScript(outputsOf(inputs)));
  failure.setInputs(struct.Struct.fromJavaScript(inputs));
  failure.setReasonsList(["it is not ready yet"]);
  const packed = new any.Any();
  packed.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statuses.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage("it is not ready yet");
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: "it is not ready yet", metadata };
}

function clear(value: struct.JavaScriptValue | undefined): string {
  const secret = value as Json | undefined;
  return String(secret?.[SIGNATURE] === SECRET ? secret.value : value);
}

/** Lets happen what faults.json asks for; undefined when nothing, or when it goes on after all. */
async function meet(operation: string, urn: string, inputs: Json = {}): Promise<Fault | undefined> {
  const file = join(world, "faults.json");
  const faults = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const fault: Fault | undefined = faults[`${operation} ${urn.split("::").at(-1)}`];
  if (fault === "fail") throw { code: grpc.status.FAILED_PRECONDITION, details: `${operation} was refused` };
  if (fault === "quote")
    throw {
      code: grpc.status.FAILED_PRECONDITION,
      details: `${operation} was refused: ${clear(inputs.value)}`,
    };
  if (fault === "throw") throw { code: grpc.status.INTERNAL, details: `${operation} threw` };
  if (fault === "crash") process.exit(7);
  if (fault === "hang") await new Promise(() => undefined);
  if (fault === "until-cancelled") await cancellation;
  return fault;
}

function unary<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call.request).then((response) => callback(null, response), callback);
  };
}

const provider = {
  getPluginInfo: unary(async () => new plugin.PluginInfo()),
  handshake: unary(async () => {
    const response = new messages.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    return response;
  }),
  checkConfig: unary(async (request: messages.CheckRequest) => {
    const response = new messages.CheckResponse();
    response.setInputs(request.getNews());
    return response;
  }),
  diffConfig: unary(async (request: messages.DiffRequest) => {
    const response = new messages.DiffResponse();
    const olds = values(request.getOldInputs());
    const news = values(request.getNews());
    const changed = Object.keys({ ...olds, ...news }).filter(
      (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    );
    response.setChanges(changed.length > 0 ? 2 : 1);
    response.setDiffsList(changed);
    response.setReplacesList(changed.filter((key) => key === "account"));
    return response;
  }),
  configure: unary(async (request: messages.ConfigureRequest) => {
    configuration = values(request.getArgs());
    record("configure", request.getUrn() ?? "", { args: configuration });
    return new messages.ConfigureResponse();
  }),
  check: unary(async (request: messages.CheckRequest) => {
    const news = values(request.getNews());
    const response = new messages.CheckResponse();
    if (news.value === "invalid") {
      const failure = new messages.CheckFailure();
      failure.setProperty("value");
      failure.setReason("it is invalid");
      response.addFailures(failure);
    }
    response.setInputs(struct.Struct.fromJavaScript(news));
    return response;
  }),
  diff: unary(async (request: messages.DiffRequest) => {
    const olds = values(request.getOldInputs());
    const news = values(request.getNews());
    const keys = Object.keys({ ...olds, ...news });
    const changed = keys.filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    const response = new messages.DiffResponse();
    response.setChanges(changed.length > 0 ? messages.DiffResponse.DiffChanges.DIFF_SOME : 1);
    response.setDiffsList(changed);
    response.setReplacesList(changed.filter((key) => key === "kind"));
    response.setDeletebeforereplace(news.first === "delete");
    return response;
  }),
  create: unary(async (request: messages.CreateRequest) => {
    const inputs = values(request.getProperties());
    const response = new messages.CreateResponse();
    response.setProperties(struct.Struct.fromJavaScript(outputsOf(inputs)));
    if (request.getPreview()) return response;
    record("create", request.getUrn(), { by: configuration.region });
    const id = `${request.getName()}-${process.hrtime.bigint().toString(36)}`;
    const fault = await meet("create", request.getUrn(), inputs);
    put(id, inputs);
    if (fault === "partial") throw partial(id, inputs);
    response.setId(id);
    return response;
  }),
  read: unary(async (request: messages.ReadRequest) => {
    record("read", request.getUrn());
    await meet("read", request.getUrn());
    const found = get(request.getId());
    const response = new messages.ReadResponse();
    if (found === undefined) return response;
    response.setId(request.getId());
    response.setInputs(struct.Struct.fromJavaScript(found));
    response.setProperties(struct.Struct.fromJavaScript(outputsOf(found)));
    return response;
  }),
  update: unary(async (request: messages.UpdateRequest) => {
    const inputs = values(request.getNews());
    const response = new messages.UpdateResponse();
    response.setProperties(struct.Struct.fromJavaScript(outputsOf(inputs)));
    if (request.getPreview()) return response;
    record("update", request.getUrn());
    const fault = await meet("update", request.getUrn());
    put(request.getId(), inputs);
    if (fault === "partial") throw partial(request.getId(), inputs);
    return response;
  }),
  delete: unary(async (request: messages.DeleteRequest) => {
    record("delete", request.getUrn());
    await meet("delete", request.getUrn());
    rmSync(fileOf(request.getId()), { force: true });
    return new empty.Empty();
  }),
  invoke: unary(async (request: messages.InvokeRequest) => {
    const response = new messages.InvokeResponse();
    response.setReturn(struct.Struct.fromJavaScript({ ...values(request.getArgs()), answered: true }));
    return response;
  }),
  cancel: unary(async () => {
    record("cancel", "");
    cancelled();
    return new empty.Empty();
  }),
};

if (world !== "") writeFileSync(join(world, "provider.pid"), String(process.pid));
const server = new grpc.Server();
server.addService(
  services.ResourceProviderService as unknown as grpc.ServiceDefinition,
  provider as grpc.UntypedServiceImplementation,
);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
