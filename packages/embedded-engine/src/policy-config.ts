import { readFile } from "node:fs/promises";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { UserError } from "@tenantry/core/errors";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import * as z from "zod";
import type { GivenSettings } from "./policy-settings.ts";

const { ADVISORY, MANDATORY, REMEDIATE, DISABLED } = messages.EnforcementLevel;
const LEVELS = {
  advisory: ADVISORY,
  mandatory: MANDATORY,
  remediate: REMEDIATE,
  disabled: DISABLED,
} as const;

const level = z.enum(["advisory", "mandatory", "remediate", "disabled"]);
const settings = z.looseObject({ enforcementLevel: level.optional() });

/** By policy, or `all`: a level, or a level and values. */
const shape = z.record(
  z.string(),
  z.union([level.transform((enforcementLevel) => ({ enforcementLevel })), settings]),
);

/**
 * Reads how a pack's policies are to be set, as the Pulumi CLI's `--policy-pack-config` does. An empty file sets nothing.
 *
 * @throws UserError when it can't be read, or has another shape
 * @see https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/#policy-configuration
 */
export async function readPolicyConfig(file: string): Promise<GivenSettings> {
  const found = shape.safeParse(await contentOf(file));
  if (!found.success) throw unusable(file, z.prettifyError(found.error));
  return new Map(
    Object.entries(found.data).map(([policy, { enforcementLevel, ...properties }]) => [
      policy,
      {
        level: enforcementLevel === undefined ? undefined : LEVELS[enforcementLevel],
        properties: properties as Readonly<Record<string, JavaScriptValue>>,
      },
    ]),
  );
}

async function contentOf(file: string): Promise<unknown> {
  try {
    const text = await readFile(file, "utf8");
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw unusable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unusable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(`The policies can't be set as ${file} says: ${why}`, {
    remedy:
      'Write JSON: { "<policy>": "mandatory", "<policy>": { "enforcementLevel": "advisory", "<key>": <value> } }.',
    cause,
  });
}
