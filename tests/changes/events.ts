import type {
  EngineEvent,
  Operation,
  ResourceView,
  StepMetadata,
} from "../../packages/embedded-engine/src/interface.ts";

const STACK = "urn:pulumi:agntdata.acme::tenants::pulumi:pulumi:Stack::tenants-agntdata.acme";

/** A resource in the engine's events. */
export function view(type: string, name: string, parts: Partial<ResourceView> = {}): ResourceView {
  return {
    urn: `urn:pulumi:agntdata.acme::tenants::${type}::${name}`,
    type,
    id: "",
    parent: STACK,
    inputs: {},
    outputs: {},
    ...parts,
  };
}

/** The metadata of one step in the engine's events. */
export function step(
  op: Operation,
  before: ResourceView | null,
  after: ResourceView | null,
  parts: Partial<StepMetadata> = {},
): StepMetadata {
  const { urn, type } = after ?? before ?? view("none", "none");
  return { op, urn, type, old: before, new: after, provider: "urn:provider::id", ...parts };
}

let sequence = 0;

export function planned(metadata: StepMetadata): EngineEvent {
  return { sequence: sequence++, timestamp: 0, resourcePreEvent: { metadata, planning: true } };
}

export function begun(metadata: StepMetadata): EngineEvent {
  return { sequence: sequence++, timestamp: 0, resourcePreEvent: { metadata } };
}

export function ended(metadata: StepMetadata): EngineEvent {
  return { sequence: sequence++, timestamp: 0, resOutputsEvent: { metadata } };
}

export function failed(metadata: StepMetadata): EngineEvent {
  return { sequence: sequence++, timestamp: 0, resOpFailedEvent: { metadata, status: 0, steps: 1 } };
}

export function said(severity: "warning" | "error" | "info", message: string): EngineEvent {
  return { sequence: sequence++, timestamp: 0, diagnosticEvent: { severity, message, urn: undefined } };
}

export const SECRET_MARK = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
export const UNKNOWN_MARK = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
