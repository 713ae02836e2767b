import grpc from "@grpc/grpc-js";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { type AliasSpec, aliasOf } from "./aliases.ts";
import { RpcError } from "./grpc.ts";
import {
  fromStruct,
  isObject,
  isOutputValue,
  mapObject,
  type PropertyMap,
  type PropertyValue,
  secretOf,
  UNKNOWN,
} from "./property-value.ts";
import { type CustomTimeouts, NO_TIMEOUTS } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** A resource that a program registers, with its options. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: Urn;
  readonly inputs: PropertyMap;
  readonly dependencies: readonly Urn[];
  readonly propertyDependencies: Readonly<Record<string, readonly Urn[]>>;
  /** `<urn>::<id>`; empty for the default provider. */
  readonly provider: string;
  /** A component's providers for its children, by package. */
  readonly providers: Readonly<Record<string, string>>;
  /** The version of the SDK's package, which selects the default provider. */
  readonly version: string;
  /** Undefined inherits the parent's value. */
  readonly protect: boolean | undefined;
  readonly retainOnDelete: boolean | undefined;
  readonly deletedWith: Urn;
  readonly replaceWith: readonly Urn[];
  readonly replacementTrigger: PropertyValue | undefined;
  /** Undefined leaves it to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
  /** The id of an existing resource to import; empty for none. */
  readonly importID: string;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly hideDiff: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly customTimeouts: CustomTimeouts;
  readonly aliases: readonly AliasSpec[];
  readonly sourcePosition: SourcePosition | undefined;
}

interface SourcePosition {
  readonly uri: string;
  readonly line: number;
  readonly column: number;
}

/** A goal with defaults, the base of the engine's own requests. */
export const EMPTY_GOAL: Goal = {
  type: "",
  name: "",
  custom: true,
  parent: "",
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  providers: {},
  version: "",
  protect: undefined,
  retainOnDelete: undefined,
  deletedWith: "",
  replaceWith: [],
  replacementTrigger: undefined,
  deleteBeforeReplace: undefined,
  importID: "",
  ignoreChanges: [],
  replaceOnChanges: [],
  hideDiff: [],
  additionalSecretOutputs: [],
  customTimeouts: NO_TIMEOUTS,
  aliases: [],
  sourcePosition: undefined,
};

/** @throws RpcError that names the resource and the first unsupported option */
export function goalOf(request: RegisterResourceRequest): Goal {
  refuseUnsupported(request);
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: fromStruct(request.getObject()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: propertyDependenciesOf(request),
    provider: request.getProvider(),
    providers: Object.fromEntries(request.getProvidersMap().getEntryList()),
    version: request.getVersion(),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    replaceWith: request.getReplaceWithList(),
    replacementTrigger: triggerOf(request),
    deleteBeforeReplace:
      request.getDeletebeforereplacedefined() || request.getDeletebeforereplace()
        ? request.getDeletebeforereplace()
        : undefined,
    importID: request.getImportid(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    hideDiff: request.getHidediffsList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...request.getAliasurnsList().map((urn) => ({ urn })),
      ...request.getAliasesList().map(aliasOf),
    ],
    customTimeouts: timeoutsOf(request.getCustomtimeouts()),
    sourcePosition: positionOf(request),
  };
}

/** The goal of a resource that a program only reads, and its id. */
export function readGoalOf(request: ReadResourceRequest): { readonly goal: Goal; readonly id: string } {
  refuseOptions(request, [
    ["parameterized packages", request.getPackageref() !== ""],
    ["pluginDownloadURL", request.getPlugindownloadurl() !== ""],
  ]);
  const goal = {
    ...EMPTY_GOAL,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    inputs: fromStruct(request.getProperties()),
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    version: request.getVersion(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    sourcePosition: positionOf(request),
  };
  return { goal, id: request.getId() };
}

function positionOf(request: RegisterResourceRequest | ReadResourceRequest): SourcePosition | undefined {
  const position = request.getSourceposition();
  if (position === undefined) return undefined;
  return { uri: position.getUri(), line: position.getLine(), column: position.getColumn() };
}

function refuseUnsupported(request: RegisterResourceRequest): void {
  refuseOptions(request, [
    ["transforms", request.getTransformsList().length > 0],
    ["hooks", request.hasHooks()],
    ["remote components", request.getRemote()],
    ["parameterized packages", request.getPackageref() !== ""],
    ["pluginDownloadURL", request.getPlugindownloadurl() !== ""],
  ]);
}

function refuseOptions(
  request: RegisterResourceRequest | ReadResourceRequest,
  used: readonly (readonly [string, boolean])[],
): void {
  const option = used.find(([, present]) => present)?.[0];
  if (option === undefined) return;
  throw unsupported(option, `${request.getType()} ${JSON.stringify(request.getName())}`);
}

/** The error for a feature that the embedded engine doesn't support. */
export function unsupported(what: string, who: string): RpcError {
  return new RpcError(
    grpc.status.UNIMPLEMENTED,
    `${who} uses ${what}, which the embedded engine doesn't support; use the Pulumi CLI: --engine cli`,
  );
}

/** The program sends the trigger as an output value with its dependencies. Only the value is kept. */
function triggerOf(request: RegisterResourceRequest): PropertyValue | undefined {
  const trigger = request.getReplacementTrigger()?.toJavaScript() as PropertyValue | undefined;
  if (trigger === undefined) return undefined;
  const opened = mapObject({ trigger }, (value) => {
    if (!isObject(value) || !isOutputValue(value)) return undefined;
    const known = value.value ?? UNKNOWN;
    return value.secret === true ? secretOf(known) : known;
  });
  return opened.trigger;
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

/** Converts a Go duration, such as `1h30m`, to seconds; 0 for none. */
function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.map(([all]) => all).join("") !== duration)
    throw new RpcError(
      grpc.status.INVALID_ARGUMENT,
      `${JSON.stringify(duration)} isn't a duration such as 5m or 1h30m`,
    );
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? "s"] ?? 1), 0);
}

/** Without dependencies by property, each property depends on all of the resource's dependencies. */
function propertyDependenciesOf(request: RegisterResourceRequest): Goal["propertyDependencies"] {
  const named = [...request.getPropertydependenciesMap().entries()];
  const keys = Object.keys(fromStruct(request.getObject()));
  const others = named.length === 0 ? request.getDependenciesList() : [];
  return {
    ...Object.fromEntries(keys.map((key) => [key, others])),
    ...Object.fromEntries(named.map(([key, value]) => [key, value.getUrnsList()])),
  };
}
