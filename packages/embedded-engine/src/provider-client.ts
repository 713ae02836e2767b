import grpc from "@grpc/grpc-js";
import type { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { CheckResponse, DiffResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import { parserWithStructs } from "@tenantry/core/struct-message";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { withoutMarks } from "./assets.ts";
import type { PluginProcess } from "./child.ts";
import { call, isStatus, MESSAGE_OPTIONS } from "./grpc.ts";
import {
  annotateSecrets,
  containsUnknowns,
  fromStruct,
  isResourceReference,
  mapObject,
  type PropertyMap,
  toStruct,
  withoutSecrets,
} from "./property-value.ts";
import {
  type CheckRequest,
  type CheckResult,
  type CreateRequest,
  type CreateResult,
  type DeleteRequest,
  type DiffKind,
  type DiffRequest,
  type DiffResult,
  InitError,
  type InvokeResult,
  type Provider,
  type ReadRequest,
  type ReadResult,
  UnclearError,
  type UpdateRequest,
} from "./provider.ts";
import { about, providedPackage, typeOf, type Urn } from "./urn.ts";

/** What a provider supports, according to its response to Handshake or Configure. */
interface Capabilities {
  readonly secrets: boolean;
  readonly resources: boolean;
  readonly preview: boolean;
}

const READY_MS = 10_000;
const CANCEL_MS = 5000;
const INIT_FAILED = "type.googleapis.com/pulumirpc.ErrorResourceInitFailed";
const DIFF_KINDS: readonly DiffKind[] = [
  "add",
  "add-replace",
  "delete",
  "delete-replace",
  "update",
  "update-replace",
];

const { check, create, update } = services.ResourceProviderService;

const Client = grpc.makeClientConstructor(
  {
    ...(services.ResourceProviderService as unknown as grpc.ServiceDefinition),
    check: {
      ...check,
      responseDeserialize: parserWithStructs(check.responseDeserialize, {
        1: (message, value) => message.setInputs(value),
      }),
    },
    create: {
      ...create,
      responseDeserialize: parserWithStructs(create.responseDeserialize, {
        2: (message, value) => message.setProperties(value),
      }),
    },
    update: {
      ...update,
      responseDeserialize: parserWithStructs(update.responseDeserialize, {
        1: (message, value) => message.setProperties(value),
      }),
    },
  },
  "ResourceProvider",
) as unknown as typeof ResourceProviderClient;

/** A provider that is called by Pulumi's gRPC protocol. */
export class ProviderClient implements Provider {
  readonly #client: ResourceProviderClient;
  readonly #process: PluginProcess | undefined;
  #handshaken: Capabilities | undefined;
  #capabilities: Capabilities = { secrets: false, resources: false, preview: false };

  private constructor(client: ResourceProviderClient, process: PluginProcess | undefined) {
    this.#client = client;
    this.#process = process;
  }

  /**
   * @param process the provider's process; undefined for a shared provider, which is never canceled or stopped
   */
  static async connect(
    address: string,
    handshake: { readonly engine: string; readonly root: string; readonly program: string },
    process: PluginProcess | undefined,
  ): Promise<ProviderClient> {
    const client = new Client(address, grpc.credentials.createInsecure(), MESSAGE_OPTIONS);
    await call<void>((callback) =>
      client.waitForReady(Date.now() + READY_MS, (error) => callback((error ?? null) as null, undefined)),
    );
    const provider = new ProviderClient(client, process);
    await provider.#handshake(handshake);
    return provider;
  }

  async checkConfig(request: CheckRequest): Promise<CheckResult> {
    try {
      const response = await call<CheckResponse>((callback) =>
        this.#client.checkConfig(checkMessage(request, withoutSecrets), callback),
      );
      const result = checkResult(response);
      return { ...result, inputs: annotateSecrets(result.inputs, request.news) };
    } catch (error) {
      if (isStatus(error, grpc.status.UNIMPLEMENTED)) return { inputs: request.news, failures: [] };
      throw explain(error);
    }
  }

  async diffConfig(request: Omit<DiffRequest, "id">): Promise<DiffResult> {
    const message = diffMessage(request, withoutSecrets);
    try {
      return diffResult(await call<DiffResponse>((callback) => this.#client.diffConfig(message, callback)));
    } catch (error) {
      if (isStatus(error, grpc.status.UNIMPLEMENTED)) return UNKNOWN_DIFF;
      throw explain(error);
    }
  }

  async configure(request: { urn: Urn; id: string; inputs: PropertyMap }): Promise<void> {
    const message = about(request.urn, new messages.ConfigureRequest());
    message.setArgs(toStruct(request.inputs));
    message.setId(request.id);
    message.setAcceptsecrets(true);
    message.setAcceptresources(true);
    message.setSendsOldInputs(true);
    message.setSendsOldInputsToDelete(true);
    const packageName = providedPackage(typeOf(request.urn));
    for (const [key, value] of Object.entries(withoutSecrets(request.inputs)))
      if (key !== "version")
        message
          .getVariablesMap()
          .set(`${packageName}:config:${key}`, typeof value === "string" ? value : JSON.stringify(value));
    const response = await this.#call<InstanceType<typeof messages.ConfigureResponse>>((callback) =>
      this.#client.configure(message, callback),
    );
    this.#capabilities = this.#handshaken ?? {
      secrets: response.getAcceptsecrets(),
      resources: response.getAcceptresources(),
      preview: response.getSupportspreview(),
    };
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    const message = checkMessage(request, (values) => this.#sent(values));
    const result = checkResult(
      await this.#call<CheckResponse>((callback) => this.#client.check(message, callback)),
    );
    return { ...result, inputs: this.#received(result.inputs, request.news, request.preview) };
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    const message = diffMessage(request, (values) => this.#sent(values));
    message.setId(request.id);
    return diffResult(await this.#call<DiffResponse>((callback) => this.#client.diff(message, callback)));
  }

  async create(request: CreateRequest): Promise<CreateResult> {
    if (request.preview && !this.#capabilities.preview) return { id: "", outputs: request.inputs };
    const message = about(request.urn, new messages.CreateRequest());
    message.setProperties(toStruct(this.#sent(request.inputs)));
    message.setTimeout(request.timeout);
    message.setPreview(request.preview);
    const response = await this.#call<InstanceType<typeof messages.CreateResponse>>((callback) =>
      this.#client.create(message, callback),
    );
    const id = response.getId();
    if (id === "" && !request.preview)
      throw new UnclearError(`the provider returned no id from its create of ${request.urn}`);
    return {
      id,
      outputs: this.#received(fromStruct(response.getProperties()), request.inputs, request.preview),
    };
  }

  async read(request: ReadRequest): Promise<ReadResult | undefined> {
    const message = about(request.urn, new messages.ReadRequest());
    message.setId(request.id);
    message.setProperties(toStruct(this.#sent(request.outputs)));
    message.setInputs(toStruct(this.#sent(request.inputs)));
    let found: {
      id: string;
      inputs: PropertyMap | undefined;
      outputs: PropertyMap;
      initErrors: readonly string[];
    };
    try {
      const response = await this.#call<InstanceType<typeof messages.ReadResponse>>((callback) =>
        this.#client.read(message, callback),
      );
      const inputs = response.getInputs();
      found = {
        id: response.getId(),
        inputs: inputs === undefined ? undefined : fromStruct(inputs),
        outputs: fromStruct(response.getProperties()),
        initErrors: [],
      };
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      found = { id: error.id, inputs: error.inputs, outputs: error.outputs, initErrors: error.reasons };
    }
    if (found.id === "") return undefined;
    return {
      id: found.id,
      inputs: found.inputs === undefined ? undefined : this.#received(found.inputs, request.inputs, false),
      outputs: this.#received(found.outputs, request.outputs, false),
      initErrors: found.initErrors,
    };
  }

  async update(request: UpdateRequest): Promise<{ outputs: PropertyMap }> {
    if (request.preview && !this.#capabilities.preview) return { outputs: request.news };
    const message = about(request.urn, new messages.UpdateRequest());
    message.setId(request.id);
    message.setOldInputs(toStruct(this.#sent(request.oldInputs)));
    message.setOlds(toStruct(this.#sent(request.oldOutputs)));
    message.setNews(toStruct(this.#sent(request.news)));
    message.setIgnorechangesList([...request.ignoreChanges]);
    message.setTimeout(request.timeout);
    message.setPreview(request.preview);
    const response = await this.#call<InstanceType<typeof messages.UpdateResponse>>((callback) =>
      this.#client.update(message, callback),
    );
    return { outputs: this.#received(fromStruct(response.getProperties()), request.news, request.preview) };
  }

  async delete(request: DeleteRequest): Promise<void> {
    const message = about(request.urn, new messages.DeleteRequest());
    message.setId(request.id);
    message.setProperties(toStruct(this.#sent(request.outputs)));
    message.setOldInputs(toStruct(this.#sent(request.inputs)));
    message.setTimeout(request.timeout);
    await this.#call((callback) => this.#client.delete(message, callback));
  }

  async invoke(token: string, args: PropertyMap): Promise<InvokeResult> {
    const message = new messages.InvokeRequest();
    message.setTok(token);
    message.setArgs(toStruct(this.#sent(args)));
    const response = await this.#call<InstanceType<typeof messages.InvokeResponse>>((callback) =>
      this.#client.invoke(message, callback),
    );
    return {
      result: fromStruct(response.getReturn()),
      failures: failuresOf(response.getFailuresList()),
    };
  }

  async cancel(): Promise<void> {
    if (this.#process === undefined) return;
    const options = { deadline: Date.now() + CANCEL_MS };
    const metadata = new grpc.Metadata();
    await call((callback) => this.#client.cancel(new empty.Empty(), metadata, options, callback)).catch(
      () => {
        // Ignored: a provider that doesn't support Cancel, or has ended, is stopped with its process.
      },
    );
  }

  async close(): Promise<void> {
    await this.#process?.stop();
    this.#client.close();
  }

  async #handshake(place: { engine: string; root: string; program: string }): Promise<void> {
    const message = new messages.ProviderHandshakeRequest();
    message.setEngineAddress(place.engine);
    message.setRootDirectory(place.root);
    message.setProgramDirectory(place.program);
    message.setConfigureWithUrn(true);
    try {
      const response = await call<InstanceType<typeof messages.ProviderHandshakeResponse>>((callback) =>
        this.#client.handshake(message, callback),
      );
      this.#handshaken = {
        secrets: response.getAcceptSecrets(),
        resources: response.getAcceptResources(),
        preview: true,
      };
    } catch (error) {
      if (!isStatus(error, grpc.status.UNIMPLEMENTED)) throw explain(error);
    }
  }

  async #call<Response>(
    start: (callback: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    try {
      return await call(start);
    } catch (error) {
      if (isStatus(error, grpc.status.UNAVAILABLE)) await this.#process?.endsByItself();
      throw explain(error);
    }
  }

  #sent(values: PropertyMap): PropertyMap {
    const { secrets, resources } = this.#capabilities;
    const open = secrets ? values : withoutSecrets(values);
    if (resources) return open;
    return mapObject(open, (value) =>
      isResourceReference(value) ? (value.id ?? value.urn ?? "") : undefined,
    );
  }

  #received(values: PropertyMap, sent: PropertyMap, preview: boolean): PropertyMap {
    const plain = withoutMarks(values);
    if (!preview && containsUnknowns(plain))
      throw new UnclearError("the provider returned unknown values outside a preview");
    return this.#capabilities.secrets ? plain : annotateSecrets(plain, sent);
  }
}

const UNKNOWN_DIFF: DiffResult = {
  changes: "unknown",
  replaces: [],
  diffs: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

function checkMessage(
  request: CheckRequest,
  sent: (values: PropertyMap) => PropertyMap,
): InstanceType<typeof messages.CheckRequest> {
  const message = about(request.urn, new messages.CheckRequest());
  message.setOlds(toStruct(sent(request.olds)));
  message.setNews(toStruct(sent(request.news)));
  return message;
}

function diffMessage(
  request: Omit<DiffRequest, "id">,
  sent: (values: PropertyMap) => PropertyMap,
): InstanceType<typeof messages.DiffRequest> {
  const message = about(request.urn, new messages.DiffRequest());
  message.setOldInputs(toStruct(sent(request.oldInputs)));
  message.setOlds(toStruct(sent(request.oldOutputs)));
  message.setNews(toStruct(sent(request.news)));
  message.setIgnorechangesList([...request.ignoreChanges]);
  return message;
}

function checkResult(response: CheckResponse): CheckResult {
  return {
    inputs: fromStruct(response.getInputs()),
    failures: failuresOf(response.getFailuresList()),
  };
}

function failuresOf(
  failures: readonly InstanceType<typeof messages.CheckFailure>[],
): CheckResult["failures"] {
  return failures.map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}

function diffResult(response: DiffResponse): DiffResult {
  const changes = (["unknown", "none", "some"] as const)[response.getChanges()] ?? "unknown";
  const detailed = [...response.getDetaileddiffMap().entries()].map(([path, diff]) => [
    path,
    { kind: DIFF_KINDS[diff.getKind()] ?? "update", inputDiff: diff.getInputdiff() },
  ]);
  return {
    changes,
    replaces: response.getReplacesList(),
    diffs: response.getDiffsList(),
    deleteBeforeReplace: response.getDeletebeforereplace(),
    detailedDiff: response.getHasdetaileddiff() ? Object.fromEntries(detailed) : undefined,
  };
}

/** Converts a gRPC error to the error that tells what happened to the resource. */
function explain(error: unknown): unknown {
  if (!(error instanceof Error) || !("metadata" in error)) return error;
  const failure = error as grpc.ServiceError;
  const details = failure.metadata.get("grpc-status-details-bin")[0];
  if (details instanceof Uint8Array) {
    for (const any of statuses.Status.deserializeBinary(details).getDetailsList()) {
      if (any.getTypeUrl() !== INIT_FAILED) continue;
      const failed = messages.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
      const inputs = failed.getInputs();
      return new InitError(
        failed.getId(),
        fromStruct(failed.getProperties()),
        inputs === undefined ? undefined : fromStruct(inputs),
        failed.getReasonsList(),
        error,
      );
    }
  }
  const unclear = [grpc.status.INTERNAL, grpc.status.DATA_LOSS, grpc.status.UNKNOWN, grpc.status.UNAVAILABLE];
  const message = failure.details || failure.message;
  return unclear.includes(failure.code)
    ? new UnclearError(message, { cause: error })
    : new Error(message, { cause: error });
}
