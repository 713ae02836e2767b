import { NO_TIMEOUTS, type ResourceState } from "../src/resource-state.ts";
import { typeOf } from "../src/urn.ts";

/** An empty state of a custom resource. */
export function emptyState(urn: string): ResourceState {
  return {
    urn,
    custom: true,
    delete: false,
    id: "",
    type: typeOf(urn),
    inputs: {},
    outputs: {},
    parent: "",
    protect: false,
    external: false,
    dependencies: [],
    propertyDependencies: {},
    initErrors: [],
    provider: "",
    pendingReplacement: false,
    additionalSecretOutputs: [],
    retainOnDelete: false,
    deletedWith: "",
    replaceWith: [],
    replacementTrigger: undefined,
    importID: "",
    customTimeouts: NO_TIMEOUTS,
    created: undefined,
    modified: undefined,
    sourcePosition: "",
    ignoreChanges: [],
    replaceOnChanges: [],
    hideDiff: [],
    carried: {},
  };
}
