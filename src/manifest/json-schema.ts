import * as z from "zod";
import { organizationSchema } from "./organization.ts";
import { platformSchema } from "./platform.ts";

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema for both kinds of manifest, for completion and checks in editors. It is draft 7, which editors support best. The
 * `kind` selects the schema, so that an editor reports errors of that kind only.
 */
export function manifestJsonSchema(): JsonSchema {
  const { definitions } = z.toJSONSchema(z.union([platformSchema, organizationSchema]), {
    io: "input",
    target: "draft-7",
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "tenantry manifest",
    description: "A platform, or one of its customer organizations.",
    type: "object",
    properties: {
      apiVersion: { const: "tenantry/v1" },
      kind: { enum: ["Platform", "Organization"] },
    },
    required: ["apiVersion", "kind"],
    allOf: [whenKind("Platform"), whenKind("Organization")],
    definitions,
  };
}

function whenKind(kind: "Platform" | "Organization"): JsonSchema {
  return {
    if: { properties: { kind: { const: kind } }, required: ["kind"] },
    // biome-ignore lint/suspicious/noThenProperty: the word is JSON Schema's
    then: { $ref: `#/definitions/${kind}` },
  };
}
