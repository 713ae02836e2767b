import type {
  AnalyzeRequest,
  AnalyzerProviderResource,
  AnalyzerResource,
  AnalyzerResourceOptions,
} from "@pulumi/pulumi/proto/analyzer_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { type PropertyMap, toStruct } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import { about } from "./urn.ts";

/** A resource as policies are told of it. */
export interface Judged {
  /** As it is to be, or as it has become. */
  readonly state: ResourceState;
  /** What makes it; undefined for components and providers. */
  readonly provider: ResourceState | undefined;
  /** As the program says; undefined where it leaves that to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
}

/** A resource before anything is done about it. */
export function requestOf(judged: Judged, properties: PropertyMap): AnalyzeRequest {
  const { state, provider } = judged;
  const message = about(state.urn, new messages.AnalyzeRequest());
  message.setProperties(toStruct(properties));
  message.setOptions(optionsOf(judged));
  if (provider !== undefined) message.setProvider(providerOf(provider));
  return message;
}

/** A resource as it is in the end. */
export function stackResourceOf(judged: Judged): AnalyzerResource {
  const { state, provider } = judged;
  const message = about(state.urn, new messages.AnalyzerResource());
  message.setProperties(toStruct(withoutInternal(state.outputs)));
  message.setOptions(optionsOf(judged));
  message.setParent(state.parent);
  message.setDependenciesList([...state.dependencies]);
  for (const [key, urns] of Object.entries(state.propertyDependencies)) {
    if (urns.length === 0) continue;
    const dependencies = new messages.AnalyzerPropertyDependencies();
    dependencies.setUrnsList([...urns]);
    message.getPropertydependenciesMap().set(key, dependencies);
  }
  if (provider !== undefined) message.setProvider(providerOf(provider));
  return message;
}

function optionsOf({ state, deleteBeforeReplace }: Judged): AnalyzerResourceOptions {
  const options = new messages.AnalyzerResourceOptions();
  options.setProtect(state.protect);
  options.setIgnorechangesList([...state.ignoreChanges]);
  options.setAdditionalsecretoutputsList([...state.additionalSecretOutputs]);
  options.setParent(state.parent);
  if (deleteBeforeReplace !== undefined) {
    options.setDeletebeforereplace(deleteBeforeReplace);
    options.setDeletebeforereplacedefined(true);
  }
  const timeouts = new messages.AnalyzerResourceOptions.CustomTimeouts();
  timeouts.setCreate(state.customTimeouts.create);
  timeouts.setUpdate(state.customTimeouts.update);
  timeouts.setDelete(state.customTimeouts.delete);
  options.setCustomtimeouts(timeouts);
  return options;
}

function providerOf(state: ResourceState): AnalyzerProviderResource {
  const provider = about(state.urn, new messages.AnalyzerProviderResource());
  provider.setProperties(toStruct(withoutInternal(state.inputs)));
  return provider;
}

/** What providers keep for themselves is no policy's business. */
export function withoutInternal(properties: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !key.startsWith("__")));
}
