import type grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import services from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type {
  ReadResourceRequest,
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  ResourceInvokeRequest,
  SupportsFeatureRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";
import { parserWithStructs } from "@tenantry/core/struct-message";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Flow } from "./flow.ts";
import { goalOf, readGoalOf, unsupported } from "./goal.ts";
import { unary } from "./grpc.ts";
import { fromStruct, toStruct } from "./property-value.ts";
import type { Providers } from "./providers.ts";
import { knownId, type Registrations } from "./registrations.ts";

/**
 * The features that the SDK may ask for, including those that are refused when they are used. If the SDK refused them, the
 * program would throw an exception without the resource's name.
 */
const FEATURES: ReadonlySet<string> = new Set([
  "secrets",
  "resourceReferences",
  "deletedWith",
  "replaceWith",
  "aliasSpecs",
  "transforms",
  "invokeTransforms",
  "parameterization",
  "resourceHooks",
  "errorHooks",
]);

const { registerResource } = services.ResourceMonitorService;

const SERVICE = {
  ...services.ResourceMonitorService,
  registerResource: {
    ...registerResource,
    requestDeserialize: parserWithStructs(registerResource.requestDeserialize, {
      5: (message, value) => message.setObject(value),
    }),
  },
} as unknown as grpc.ServiceDefinition;

/** The results that the SDK understands. Outputs of resources that aren't done are unknown. */
const RESULTS = {
  done: messages.Result.SUCCESS,
  failed: messages.Result.FAIL,
  waits: messages.Result.SKIP,
} as const;

/**
 * The service with which a program registers its resources.
 *
 * @param registrations resolves when the state has been read, while the program loads
 */
export function monitorService(
  flow: Flow,
  registrations: Promise<Registrations>,
  providers: Providers,
  /** Called when the program has registered everything. The program ends when it resolves. */
  finished: () => Promise<void>,
): readonly [grpc.ServiceDefinition, grpc.UntypedServiceImplementation] {
  const refuse = (what: string) =>
    unary(() => flow.answer(() => Promise.reject(unsupported(what, "The program"))));
  const implementation = {
    supportsFeature: unary(async (request: SupportsFeatureRequest) => {
      const response = new messages.SupportsFeatureResponse();
      response.setHassupport(FEATURES.has(request.getId()));
      return response;
    }),
    registerResource: unary((request: RegisterResourceRequest) =>
      flow.answer(async () => {
        const { state, outcome } = await (await registrations).register(goalOf(request));
        if (outcome !== "done" && !request.getSupportsresultreporting()) throw resultsUnsupported();
        const response = new messages.RegisterResourceResponse();
        response.setUrn(state.urn);
        response.setId(knownId(state));
        response.setObject(toStruct(state.custom ? state.outputs : {}));
        response.setResult(RESULTS[outcome]);
        return response;
      }),
    ),
    readResource: unary((request: ReadResourceRequest) =>
      flow.answer(async () => {
        const { goal, id } = readGoalOf(request);
        const { state } = await (await registrations).read(goal, id);
        const response = new messages.ReadResourceResponse();
        response.setUrn(state.urn);
        response.setProperties(toStruct(state.outputs));
        return response;
      }),
    ),
    registerResourceOutputs: unary((request: RegisterResourceOutputsRequest) =>
      flow.answer(async () => {
        await (await registrations).registerOutputs(request.getUrn(), fromStruct(request.getOutputs()));
        return new empty.Empty();
      }),
    ),
    invoke: unary(async (request: ResourceInvokeRequest) => {
      const token = request.getTok();
      const known = await registrations;
      const reference = await flow.answer(() =>
        known.invokeProvider(token, request.getProvider(), request.getVersion()),
      );
      const result = await (await providers.get(reference)).invoke(token, fromStruct(request.getArgs()));
      const response = new provider.InvokeResponse();
      response.setReturn(toStruct(result.result));
      response.setFailuresList(
        result.failures.map(({ property, reason }) => {
          const failure = new provider.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    }),
    signalAndWaitForShutdown: unary(async () => {
      await finished();
      return new empty.Empty();
    }),
    call: refuse("a component's method"),
    registerStackTransform: refuse("transforms"),
    registerStackInvokeTransform: refuse("transforms"),
    registerResourceHook: refuse("hooks"),
    registerErrorHook: refuse("hooks"),
    registerPackage: refuse("parameterized packages"),
    getDeploymentInfo: refuse("the deployment's information"),
  };
  return [SERVICE, implementation];
}

/** Without the result, the program would take missing outputs for empty ones. */
function resultsUnsupported(): Error {
  return new Error(
    "This version of @pulumi/pulumi can't continue after an error. Update it, or run without continueOnError.",
  );
}
