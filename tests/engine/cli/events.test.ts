import { expect, test } from "vitest";
import { EventReader } from "../../../src/engine/cli/events.ts";

const SECRET = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};

function read(...events: object[]) {
  const reader = new EventReader();
  return events.flatMap(
    (event, sequence) => reader.read(JSON.stringify({ sequence, timestamp: 1, ...event })) ?? [],
  );
}

const RESOURCE = {
  urn: "urn:pulumi:dev::trial::test:index:Thing::a",
  type: "test:index:Thing",
  custom: true,
  id: "a-1",
  parent: "urn:pulumi:dev::trial::pulumi:pulumi:Stack::trial-dev",
  provider: "urn:pulumi:dev::trial::pulumi:providers:test::default::1",
  inputs: { value: SECRET, plain: [1, { deep: SECRET }] },
  outputs: {},
};

function step(op: string, more: object = {}) {
  const { urn, type, provider } = RESOURCE;
  return {
    metadata: {
      op,
      urn,
      type,
      old: null,
      new: RESOURCE,
      detailedDiff: null,
      logical: true,
      provider,
      ...more,
    },
  };
}

test("a step shows its resource with secrets masked", () => {
  const [event] = read({ resourcePreEvent: { ...step("create"), planning: true } });
  expect(event).toEqual({
    sequence: 0,
    timestamp: 1,
    resourcePreEvent: {
      planning: true,
      metadata: {
        op: "create",
        urn: RESOURCE.urn,
        type: RESOURCE.type,
        old: null,
        new: {
          urn: RESOURCE.urn,
          type: RESOURCE.type,
          id: "a-1",
          parent: RESOURCE.parent,
          protect: false,
          inputs: { value: "[secret]", plain: [1, { deep: "[secret]" }] },
          outputs: {},
        },
        keys: [],
        diffs: [],
        detailedDiff: null,
        logical: true,
        provider: RESOURCE.provider,
      },
    },
  });
});

test("debug messages, which contain secrets in plain text, are dropped without a gap in the sequence", () => {
  const events = read(
    { preludeEvent: { config: { "trial:key": "[secret]" } } },
    { diagnosticEvent: { severity: "debug", message: "resp: hidden in clear" } },
    { stdoutEvent: { message: "^C received" } },
    { cancelEvent: {} },
  );
  expect(events).toEqual([
    { sequence: 0, timestamp: 1, preludeEvent: { config: { "trial:key": "[secret]" } } },
    { sequence: 1, timestamp: 1, cancelEvent: {} },
  ]);
});

test.each([
  ["<{%reset%}>it was refused<{%reset%}>\n", "it was refused"],
  ["\u001b[31mit was refused\u001b[0m\n", "it was refused"],
])("a message is plain text: %j", (message, plain) => {
  const [event] = read({ diagnosticEvent: { severity: "error", message, urn: RESOURCE.urn, color: "raw" } });
  expect(event?.diagnosticEvent).toEqual({ severity: "error", message: plain, urn: RESOURCE.urn });
});

test.each([
  ["mandatory", "error"],
  ["advisory", "warning"],
])("a violation of a policy with level %s has severity %s", (enforcementLevel, severity) => {
  const violated = {
    message: "no public buckets",
    policyName: "buckets",
    resourceUrn: RESOURCE.urn,
    enforcementLevel,
  };
  const [event] = read({ policyEvent: violated });
  expect(event?.diagnosticEvent).toEqual({
    severity,
    message: "buckets: no public buckets",
    urn: RESOURCE.urn,
  });
});

test.each(["create-replacement", "import-replacement", "read-replacement", "remove-pending-replace"])(
  "the operation %s is passed on",
  (op) => {
    const [event] = read({ resOutputsEvent: step(op) });
    expect(event?.resOutputsEvent?.metadata.op).toBe(op);
  },
);

test("a summary counts by operation", () => {
  const [event] = read({
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds: 2,
      resourceChanges: { same: 3, read: 1, "read-replacement": 2 },
      PolicyPacks: {},
      isPreview: true,
      result: "succeeded",
    },
  });
  expect(event?.summaryEvent).toEqual({
    maybeCorrupt: false,
    durationSeconds: 2,
    resourceChanges: { same: 3, read: 1, "read-replacement": 2 },
    isPreview: true,
    result: "succeeded",
  });
});
