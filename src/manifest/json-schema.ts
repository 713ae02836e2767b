import * as z from "zod";
import { organizationSchema } from "./organization.ts";
import { platformSchema } from "./platform.ts";

/** A JSON Schema document: plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One JSON Schema (draft 7, which editors know best) for both kinds of manifest, to complete and check them while they are
 * written. The kind picks the shape, so that an editor's complaints are about that kind only.
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
