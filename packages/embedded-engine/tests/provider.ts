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
 * A small provider for the engine's tests. It uses gRPC like any other, and is started as a plugin or attached.
 *
 * Its data is in a folder: `things/<id>.json` are existing resources, `calls.jsonl` logs its calls, and `faults.json` contains
 * faults by operation and resource name: `{"create a": "fail"}`.
 *
 * A Thing has any inputs. A change of `kind` replaces it; the old one is deleted last unless `first` is `delete`. With `vague` its diff
 * names only what requires a replacement, and not whether there are changes. Its outputs are its inputs, `size` (of its value) and `secretly`, its value as a secret.
 *
 * Its functions return their arguments: `hide` as a secret, `refuse` as a failure.
 */

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Json = { [key: string]: struct.JavaScriptValue };

type Fault =
  | "fail"
  | "quote"
  | "throw"
  | "partial"
  | "hang"
  | "until-cancelled"
  | "crash"
  | "hang-up"
  | "kill"
  | "kill-after";

class World {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  record(call: string, urn: string, details: object = {}): void {
    const line = JSON.stringify({ call, name: nameOf(urn), ...details });
    appendFileSync(join(this.#folder, "calls.jsonl"), `${line}\n`);
  }

  fault(operation: string, urn: string): Fault | undefined {
    const faults = (this.#read("faults.json") ?? {}) as Record<string, Fault>;
    return faults[`${operation} ${nameOf(urn)}`];
  }

  /** `a-1` is the id of the first resource with the name `a`. */
  newId(name: string): string {
    const made = (this.#read("made.json") ?? {}) as Record<string, number>;
    const number = (made[name] ?? 0) + 1;
    this.#write("made.json", { ...made, [name]: number });
    return `${name}-${number}`;
  }

  put(id: string, inputs: Json): void {
    mkdirSync(join(this.#folder, "things"), { recursive: true });
    this.#write(join("things", `${id}.json`), inputs);
  }

  get(id: string): Json | undefined {
    return this.#read(join("things", `${id}.json`));
  }

  remove(id: string): void {
    rmSync(join(this.#folder, "things", `${id}.json`), { force: true });
  }

  #read(name: string): Json | undefined {
    const file = join(this.#folder, name);
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  }

  #write(name: string, content: object): void {
    writeFileSync(join(this.#folder, name), JSON.stringify(content));
  }
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

function values(message: struct.Struct | undefined): Json {
  return message?.toJavaScript() ?? {};
}

function outputsOf(inputs: Json): Json {
  const { value } = inputs;
  if (value === undefined) return inputs;
  const unknown = value === UNKNOWN;
  return {
    ...inputs,
    size: unknown ? UNKNOWN : String(JSON.stringify(value).length),
    secretly: { [SIGNATURE]: SECRET, value: opened(value) },
  };
}

/** The error for a resource that exists but whose initialization failed. */
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

/** The value of a secret. */
function opened(value: struct.JavaScriptValue): struct.JavaScriptValue {
  const secret = value as Json | null;
  return secret?.[SIGNATURE] === SECRET ? (secret.value ?? null) : value;
}

/** Performs a fault of faults.json; undefined if there is none, or if the operation continues. */
async function meet(
  fault: Fault | undefined,
  operation: string,
  inputs: Json,
  cancellation: Promise<void>,
): Promise<void> {
  if (fault === "fail") throw { code: grpc.status.FAILED_PRECONDITION, details: `${operation} was refused` };
  if (fault === "quote")
    throw {
      code: grpc.status.FAILED_PRECONDITION,
      details: `${operation} was refused: ${opened(inputs.value ?? null)}`,
    };
  if (fault === "throw") throw { code: grpc.status.INTERNAL, details: `${operation} threw` };
  if (fault === "crash") process.exit(7);
  if (fault === "hang-up") hangUp();
  if (fault === "kill") killEngine();
  if (fault === "hang") await new Promise(() => undefined);
  if (fault === "until-cancelled") await cancellation;
}

/** Closes the connection before the process ends. */
function hangUp(): never {
  setTimeout(() => process.exit(7), 200);
  throw { code: grpc.status.UNAVAILABLE, details: "Connection dropped" };
}

/** Kills the engine, which is the parent of a plugin. */
function killEngine(): never {
  process.kill(process.ppid, "SIGKILL");
  process.exit(7);
}

function unary<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call.request).then((response) => callback(null, response), callback);
  };
}

/** The keys of inputs that differ. */
function changedKeys(request: messages.DiffRequest): readonly string[] {
  const olds = values(request.getOldInputs());
  const news = values(request.getNews());
  return Object.keys({ ...olds, ...news }).filter(
    (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
  );
}

function diffOf(changed: readonly string[], replacing: string): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse();
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList([...changed]);
  response.setReplacesList(changed.filter((key) => key === replacing));
  return response;
}

/** @param deleting awaited by each deletion */
function serviceOf(
  world: World,
  deleting: () => Promise<void> = async () => undefined,
): grpc.UntypedServiceImplementation {
  let configuration: Json = {};
  let cancelled: () => void = () => undefined;
  const cancellation = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const happen = async (operation: string, urn: string, inputs: Json = {}): Promise<Fault | undefined> => {
    const fault = world.fault(operation, urn);
    await meet(fault, operation, inputs, cancellation);
    return fault;
  };
  return {
    attach: unary(async () => new empty.Empty()),
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
    diffConfig: unary(async (request: messages.DiffRequest) => diffOf(changedKeys(request), "account")),
    configure: unary(async (request: messages.ConfigureRequest) => {
      configuration = values(request.getArgs());
      world.record("configure", request.getUrn() ?? "", { args: configuration });
      return new messages.ConfigureResponse();
    }),
    check: unary(async (request: messages.CheckRequest) => {
      await happen("check", request.getUrn());
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
      await happen("diff", request.getUrn());
      const response = diffOf(changedKeys(request), "kind");
      const { first, vague } = values(request.getNews());
      response.setDeletebeforereplace(first === "delete");
      if (vague === true) {
        response.setChanges(messages.DiffResponse.DiffChanges.DIFF_UNKNOWN);
        response.setDiffsList([]);
      }
      return response;
    }),
    create: unary(async (request: messages.CreateRequest) => {
      const inputs = values(request.getProperties());
      const response = new messages.CreateResponse();
      response.setProperties(struct.Struct.fromJavaScript(outputsOf(inputs)));
      if (request.getPreview()) return response;
      world.record("create", request.getUrn(), { by: configuration.region });
      const fault = await happen("create", request.getUrn(), inputs);
      const id = world.newId(request.getName());
      world.put(id, inputs);
      if (fault === "partial") throw partial(id, inputs);
      if (fault === "kill-after") killEngine();
      response.setId(id);
      return response;
    }),
    read: unary(async (request: messages.ReadRequest) => {
      world.record("read", request.getUrn());
      await happen("read", request.getUrn());
      const found = world.get(request.getId());
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
      world.record("update", request.getUrn());
      const fault = await happen("update", request.getUrn());
      world.put(request.getId(), inputs);
      if (fault === "partial") throw partial(request.getId(), inputs);
      if (fault === "kill-after") killEngine();
      return response;
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      world.record("delete", request.getUrn());
      await deleting();
      const fault = await happen("delete", request.getUrn());
      world.remove(request.getId());
      if (fault === "kill-after") killEngine();
      return new empty.Empty();
    }),
    invoke: unary(async (request: messages.InvokeRequest) => {
      const { refuse, hide, ...args } = values(request.getArgs());
      const response = new messages.InvokeResponse();
      if (refuse !== undefined) {
        const failure = new messages.CheckFailure();
        failure.setProperty("refuse");
        failure.setReason(String(refuse));
        response.addFailures(failure);
      }
      const hidden: Json = hide === undefined ? {} : { hidden: { [SIGNATURE]: SECRET, value: hide } };
      response.setReturn(struct.Struct.fromJavaScript({ ...args, ...hidden, answered: true }));
      return response;
    }),
    cancel: unary(async () => {
      world.record("cancel", "");
      cancelled();
      return new empty.Empty();
    }),
  };
}

/**
 * Serves the provider of a folder on a free port.
 *
 * @param deleting awaited by each deletion
 */
export async function serveProvider(
  folder: string,
  deleting?: () => Promise<void>,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = new grpc.Server();
  const service = services.ResourceProviderService as unknown as grpc.ServiceDefinition;
  server.addService(service, serviceOf(new World(folder), deleting));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error !== null) reject(error);
      else resolve(bound);
    });
  });
  return { port, close: () => server.forceShutdown() };
}

const own = process.env.TEST_WORLD;
if (own !== undefined) {
  writeFileSync(join(own, "provider.pid"), String(process.pid));
  process.stdout.write(`${(await serveProvider(own)).port}\n`);
}
