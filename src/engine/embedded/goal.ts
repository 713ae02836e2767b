import grpc from "@grpc/grpc-js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { RpcError } from "./grpc.ts";
import { fromStruct, type PropertyMap } from "./property-value.ts";
import { type CustomTimeouts, NO_TIMEOUTS } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** What a program asks for: one resource, with its options. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: Urn;
  readonly inputs: PropertyMap;
  readonly dependencies: readonly Urn[];
  readonly propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  /** `<urn>::<id>`; empty for the default one. */
  readonly provider: string;
  /** Of a component, for its children: by package. */
  readonly providers: Readonly<Record<string, string>>;
  /** Of the SDK's package; decides which default provider it is. */
  readonly version: string;
  /** Undefined is as the parent says. */
  readonly protect: boolean | undefined;
  readonly retainOnDelete: boolean | undefined;
  readonly deletedWith: Urn;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly customTimeouts: CustomTimeouts;
  /** Names under which an older state may know it. */
  readonly aliases: readonly Urn[];
  readonly sourcePosition:
    | { readonly uri: string; readonly line: number; readonly column: number }
    | undefined;
}

/** @throws RpcError that names the first option which the engine does not have, and the resource */
export function goalOf(request: RegisterResourceRequest): Goal {
  refuseUnsupported(request);
  const position = request.getSourceposition();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: fromStruct(request.getObject()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([key, value]) => [key, value.getUrnsList()]),
    ),
    provider: request.getProvider(),
    providers: Object.fromEntries(request.getProvidersMap().getEntryList()),
    version: request.getVersion(),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request.getAliasurnsList(),
    customTimeouts: timeoutsOf(request.getCustomtimeouts()),
    sourcePosition:
      position === undefined
        ? undefined
        : { uri: position.getUri(), line: position.getLine(), column: position.getColumn() },
  };
}

function refuseUnsupported(request: RegisterResourceRequest): void {
  const used: readonly (readonly [string, boolean])[] = [
    ["alias specifications", request.getAliasesList().length > 0],
    ["deleteBeforeReplace", request.getDeletebeforereplace()],
    ["import", request.getImportid() !== ""],
    ["transforms", request.getTransformsList().length > 0],
    ["hooks", request.hasHooks()],
    ["replaceWith", request.getReplaceWithList().length > 0],
    ["replacementTrigger", request.hasReplacementTrigger()],
    ["remote components", request.getRemote()],
    ["parameterized packages", request.getPackageref() !== ""],
    ["pluginDownloadURL", request.getPlugindownloadurl() !== ""],
  ];
  const option = used.find(([, present]) => present)?.[0];
  if (option === undefined) return;
  throw unsupported(option, `${request.getType()} ${JSON.stringify(request.getName())}`);
}

/** The error for what the embedded engine leaves out. */
export function unsupported(what: string, who: string): RpcError {
  return new RpcError(
    grpc.status.UNIMPLEMENTED,
    `${who} uses ${what}, which the embedded engine does not have; use the Pulumi CLI: --engine cli`,
  );
}

function timeoutsOf(timeouts: ReturnType<RegisterResourceRequest["getCustomtimeouts"]>): CustomTimeouts {
  if (timeouts === undefined) return NO_TIMEOUTS;
  return {
    create: secondsOf(timeouts.getCreate()),
    update: secondsOf(timeouts.getUpdate()),
    delete: secondsOf(timeouts.getDelete()),
  };
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a Go duration, as `1h30m`; 0 for none. */
function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.map(([all]) => all).join("") !== duration)
    throw new RpcError(
      grpc.status.INVALID_ARGUMENT,
      `${JSON.stringify(duration)} is no duration, as 5m or 1h30m`,
    );
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? "s"] ?? 1), 0);
}
