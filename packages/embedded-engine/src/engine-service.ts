import type grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type {
  LogRequest,
  RequirePulumiVersionRequest,
  SetRootResourceRequest,
} from "@pulumi/pulumi/proto/engine_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { unary } from "./grpc.ts";
import type { EngineDiagnostic } from "./interface.ts";
import { demandVersion } from "./pulumi-version.ts";

const SEVERITIES: readonly EngineDiagnostic["severity"][] = ["debug", "info", "warning", "error"];

/** The service that receives the logs of programs and providers, and the program's root resource. */
export function engineService(
  log: (severity: EngineDiagnostic["severity"], message: string, urn: string | undefined) => void,
): readonly [grpc.ServiceDefinition, grpc.UntypedServiceImplementation] {
  let root = "";
  const implementation = {
    log: unary(async (request: LogRequest) => {
      const severity = SEVERITIES[request.getSeverity()] ?? "info";
      // There can be hundreds of debug messages, and the SDK waits for each one.
      if (severity !== "debug") log(severity, request.getMessage(), request.getUrn() || undefined);
      return new empty.Empty();
    }),
    setRootResource: unary(async (request: SetRootResourceRequest) => {
      root = request.getUrn();
      return new messages.SetRootResourceResponse();
    }),
    getRootResource: unary(async () => {
      const response = new messages.GetRootResourceResponse();
      response.setUrn(root);
      return response;
    }),
    startDebugging: unary(async () => new empty.Empty()),
    requirePulumiVersion: unary(async (request: RequirePulumiVersionRequest) => {
      demandVersion(request.getPulumiVersionRange());
      return new messages.RequirePulumiVersionResponse();
    }),
  };
  return [services.EngineService as unknown as grpc.ServiceDefinition, implementation];
}
