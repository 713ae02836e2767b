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

/** A resource as policies see it. */
export interface Judged {
  /** The desired state, or the final one at the end of the run. */
  readonly state: ResourceState;
  /** The resource's provider; undefined for components and providers. */
  readonly provider: ResourceState | undefined;
  /** Undefined if the program leaves it to the provider. */
  readonly deleteBeforeReplace: boolean | undefined;
}

/** The request to analyze a resource before any operation on it. */
export function requestOf(judged: Judged, properties: PropertyMap): AnalyzeRequest {
  const { state, provider } = judged;
  const message = about(state.urn, new messages.AnalyzeRequest());
  message.setProperties(toStruct(properties));
  message.setOptions(optionsOf(judged));
  if (provider !== undefined) message.setProvider(providerOf(provider));
  return message;
}

/** A resource at the end of the run. */
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

/** Removes the providers' internal properties, which policies must not see. */
export function withoutInternal(properties: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !key.startsWith("__")));
}
