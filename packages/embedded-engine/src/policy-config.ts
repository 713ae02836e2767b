import { readFile } from "node:fs/promises";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { messageOf, UserError } from "@tenantry/core/errors";
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

/** Settings by policy, or for `all`: a level, or an object with a level and values. */
const shape = z.record(
  z.string(),
  z.union([level.transform((enforcementLevel) => ({ enforcementLevel })), settings]),
);

/**
 * Reads the configuration of a policy pack, in the format of the Pulumi CLI's `--policy-pack-config`. An empty file sets nothing.
 *
 * @throws UserError when the file can't be read or has a wrong format
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
    throw unusable(file, messageOf(cause), cause);
  }
}

function unusable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(`The policy configuration ${file} can't be used: ${why}`, {
    remedy:
      'Write JSON: { "<policy>": "mandatory", "<policy>": { "enforcementLevel": "advisory", "<key>": <value> } }.',
    cause,
  });
}
