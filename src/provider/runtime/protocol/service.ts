import type grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { UserError } from "@tenantry/core/errors";
import { formatPath } from "@tenantry/core/property-path";
import { fieldsOf, parserWithStructs, type StructFields, structOf } from "@tenantry/core/struct-message";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { packageVersion } from "../../../shared/package.ts";
import type { Connections } from "../../../vendors/connections.ts";
import { allResources, resourceOf } from "../../registry.ts";
import type { Resource } from "../../resource.ts";
import { type Call, Operations, type Wire } from "../operations.ts";
import { type PropertyChange, replacesOf, topOf } from "./diff.ts";
import { asServiceError } from "./failures.ts";
import { pulumiSchema } from "./pulumi-schema.ts";
import type { Redactor } from "./redact.ts";

export interface ServiceOptions {
  readonly connections: Connections;
  readonly redactor: Redactor;
  /** Aborted when the provider stops. */
  readonly signal: AbortSignal;
  readonly shared: boolean;
  cancel(): void;
  attach(engineAddress: string): void;
  /** Receives a line of progress without secrets, if it differs from the previous one. */
  status(urn: string, message: string): void;
}

/** Configuration keys that Pulumi sets for every provider. */
const PULUMIS_OWN: ReadonlySet<string> = new Set(["version", "__internal", "pluginDownloadURL"]);

const { check, create, diff, update } = services.ResourceProviderService;

/** Pulumi's provider protocol, which parses the properties of resources quickly. */
export const PROVIDER_PROTOCOL = {
  ...services.ResourceProviderService,
  check: {
    ...check,
    requestDeserialize: parserWithStructs(check.requestDeserialize, {
      2: (message, value) => message.setOlds(value),
      3: (message, value) => message.setNews(value),
    }),
  },
  create: {
    ...create,
    requestDeserialize: parserWithStructs(create.requestDeserialize, {
      2: (message, value) => message.setProperties(value),
    }),
  },
  diff: {
    ...diff,
    requestDeserialize: parserWithStructs(diff.requestDeserialize, {
      3: (message, value) => message.setOlds(value),
      4: (message, value) => message.setNews(value),
      6: (message, value) => message.setOldInputs(value),
    }),
  },
  update: {
    ...update,
    requestDeserialize: parserWithStructs(update.requestDeserialize, {
      3: (message, value) => message.setOlds(value),
      4: (message, value) => message.setNews(value),
      8: (message, value) => message.setOldInputs(value),
    }),
  },
} as unknown as grpc.ServiceDefinition;

/** Implements Pulumi's provider protocol. Calls that are missing here are answered with UNIMPLEMENTED. */
export function providerService(options: ServiceOptions): Partial<IResourceProviderServer> {
  const operations = new Operations(options.connections, options.redactor);
  const unary = unaryWith(options.redactor);
  // An engine that attaches to a running provider may not be the only one.
  let shared = options.shared;

  return {
    handshake: unary(async (request) => {
      if (!shared && request.getEngineAddress() !== "") options.attach(request.getEngineAddress());
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(false);
      response.setAcceptOutputs(false);
      return response;
    }),

    attach: unary(async () => {
      shared = true;
      return new empty.Empty();
    }),

    getPluginInfo: unary(async () => {
      const response = new plugin.PluginInfo();
      response.setVersion(packageVersion());
      return response;
    }),

    getSchema: unary(async () => {
      const response = new messages.GetSchemaResponse();
      response.setSchema(JSON.stringify(pulumiSchema(packageVersion(), allResources())));
      return response;
    }),

    checkConfig: unary(async (request) => {
      const news = fromStruct(request.getNews());
      const response = new messages.CheckResponse();
      response.setInputs(toStruct(news));
      const unknown = Object.keys(news).filter((key) => !PULUMIS_OWN.has(key));
      response.setFailuresList(
        unknown.map((key) =>
          failureOf(
            key,
            "the provider takes no configuration; it reads tokens from the environment, so that no state contains them",
          ),
        ),
      );
      return response;
    }),

    /** The provider has no configuration that could replace its resources. */
    diffConfig: unary(async () => {
      const response = new messages.DiffResponse();
      response.setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE);
      return response;
    }),

    configure: unary(async () => {
      options.connections.forget();
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setAcceptresources(false);
      response.setAcceptoutputs(false);
      return response;
    }),

    check: unary(async (request) => {
      const { inputs, failures } = operations.check(
        resourceFor(request.getUrn()),
        fromStruct(request.getNews()),
        request.hasOlds() ? fromStruct(request.getOlds()) : undefined,
      );
      const response = new messages.CheckResponse();
      response.setInputs(toStruct(inputs));
      response.setFailuresList(failures.map(({ property, reason }) => failureOf(property, reason)));
      return response;
    }),

    diff: unary(async (request, call) => {
      const resource = resourceFor(request.getUrn());
      const recorded = {
        id: request.getId(),
        inputs: inputsOf(resource, request.getOldInputs(), request.getOlds()),
        outputs: fromStruct(request.getOlds()),
      };
      const news = fromStruct(request.getNews());
      const changes = await operations.diff(resource, recorded, news, callOf(request.getUrn(), call));
      return diffResponse(resource, changes);
    }),

    create: unary(async (request, call) => {
      const resource = resourceFor(request.getUrn());
      const news = fromStruct(request.getProperties());
      const response = new messages.CreateResponse();
      if (request.getPreview()) {
        const previewed = await operations.foresee(resource, news, undefined, callOf(request.getUrn(), call));
        response.setProperties(toStruct(previewed));
        return response;
      }
      const { id, outputs } = await operations.create(resource, news, callOf(request.getUrn(), call));
      response.setId(id);
      response.setProperties(toStruct(outputs));
      return response;
    }),

    update: unary(async (request, call) => {
      const resource = resourceFor(request.getUrn());
      const news = fromStruct(request.getNews());
      const recorded = {
        id: request.getId(),
        inputs: inputsOf(resource, request.getOldInputs(), request.getOlds()),
        outputs: fromStruct(request.getOlds()),
      };
      const work = request.getPreview() ? operations.foresee : operations.update;
      const outputs = await work.call(operations, resource, news, recorded, callOf(request.getUrn(), call));
      const response = new messages.UpdateResponse();
      response.setProperties(toStruct(outputs));
      return response;
    }),

    read: unary(async (request, call) => {
      const resource = resourceFor(request.getUrn());
      const outputs = fromStruct(request.getProperties());
      const inputs = inputsOf(resource, request.getInputs(), request.getProperties());
      const response = new messages.ReadResponse();
      if (Object.keys(inputs).length === 0)
        throw new UserError(`tenantry:${resource.type} doesn't support \`pulumi import\`.`, {
          remedy: "Declare the resource instead: `up` finds an existing one by its name or id and adopts it.",
        });
      const recorded = { id: request.getId(), inputs, outputs };
      const found = await operations.read(resource, recorded, callOf(request.getUrn(), call));
      if (found === undefined) return response;
      response.setId(request.getId());
      response.setInputs(toStruct(found.inputs));
      response.setProperties(toStruct(found.outputs));
      return response;
    }),

    delete: unary(async (request, call) => {
      const resource = resourceFor(request.getUrn());
      const recorded = {
        id: request.getId(),
        inputs: inputsOf(resource, request.getOldInputs(), request.getProperties()),
        outputs: fromStruct(request.getProperties()),
      };
      await operations.delete(resource, recorded, callOf(request.getUrn(), call));
      return new empty.Empty();
    }),

    cancel: unary(async () => {
      if (!shared) options.cancel();
      return new empty.Empty();
    }),
  };

  /** Aborted when the provider stops or the engine cancels the call. */
  function callOf(urn: string, call: grpc.ServerUnaryCall<unknown, unknown>): Call {
    const cancelled = new AbortController();
    call.on("cancelled", () => cancelled.abort());
    let last: string | undefined;
    return {
      signal: AbortSignal.any([options.signal, cancelled.signal]),
      status(message) {
        if (message === last) return;
        last = message;
        options.status(urn, options.redactor.clean(message));
      },
    };
  }
}

function unaryWith(redactor: Redactor) {
  return <Request, Response>(
    answer: (request: Request, call: grpc.ServerUnaryCall<Request, Response>) => Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      answer(call.request, call).then(
        (response) => callback(null, response),
        (error) => callback(asServiceError(error, redactor)),
      );
    };
}

function resourceFor(urn: string): Resource {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const resource = resourceOf(type);
  if (resource !== undefined) return resource;
  throw new UserError(`The tenantry provider has no resource type ${type}.`, {
    remedy: `Use one of its types: ${allResources()
      .map((each) => each.type)
      .join(", ")}.`,
  });
}

/** Engines that don't send the inputs have them among the outputs. */
function inputsOf(resource: Resource, inputs: Struct | undefined, outputs: Struct | undefined): Wire {
  const sent = fromStruct(inputs);
  if (Object.keys(sent).length > 0) return sent;
  const names = Object.keys(resource.inputs.shape);
  return Object.fromEntries(Object.entries(fromStruct(outputs)).filter(([key]) => names.includes(key)));
}

function diffResponse(resource: Resource, changes: readonly PropertyChange[]) {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse();
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList(topOf(changes));
  response.setReplacesList(replacesOf(changes));
  response.setStablesList([...resource.stable]);
  response.setHasdetaileddiff(true);
  for (const { path, kind, replaces, output } of changes) {
    const detail = new messages.PropertyDiff();
    detail.setKind(KINDS[kind][replaces ? "replace" : "keep"]);
    detail.setInputdiff(output !== true);
    response.getDetaileddiffMap().set(formatPath(path), detail);
  }
  return response;
}

const { Kind } = messages.PropertyDiff;
const KINDS = {
  add: { keep: Kind.ADD, replace: Kind.ADD_REPLACE },
  update: { keep: Kind.UPDATE, replace: Kind.UPDATE_REPLACE },
  delete: { keep: Kind.DELETE, replace: Kind.DELETE_REPLACE },
};

function failureOf(property: string, reason: string) {
  const failure = new messages.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

function fromStruct(properties: Struct | undefined): Wire {
  return properties === undefined ? {} : fieldsOf(properties);
}

function toStruct(properties: Wire): Struct {
  return structOf(properties as StructFields);
}
