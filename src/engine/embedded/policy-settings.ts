import type { AnalyzerInfo, EnforcementLevel, PolicyInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";

/** How a policy is set: how much it weighs, and the values of what can be set about it. */
export interface PolicySetting {
  readonly level: EnforcementLevel;
  readonly properties: Readonly<Record<string, JavaScriptValue>>;
}

/** A setting under this name is of all policies. */
const ALL = "all";

/**
 * How a pack's policies are set, by their names: by their own levels and defaults, and over those by the pack.
 *
 * A pack that sets values and no level sets the level to advisory: over the wire no level is that one.
 *
 * @throws UserError when a setting is not what its policy takes
 */
export function settingsOf(info: AnalyzerInfo): ReadonlyMap<string, PolicySetting> {
  const policies = info.getPoliciesList();
  const settings = new Map(policies.map((policy) => [policy.getName(), settingOf(policy, info)]));
  const mistakes = policies.flatMap((policy) => mistakesIn(policy, settings.get(policy.getName())));
  if (mistakes.length === 0) return settings;
  throw new UserError(
    `The policy pack ${info.getName()} is set in a way its policies don't take:\n${mistakes.join("\n")}`,
    { remedy: "Mend what the pack gives its policies, or what they take (configSchema)." },
  );
}

function settingOf(policy: PolicyInfo, info: AnalyzerInfo): PolicySetting {
  const given = info.getInitialconfigMap();
  const own = given.get(policy.getName());
  const level = (own ?? given.get(ALL))?.getEnforcementlevel() ?? policy.getEnforcementlevel();
  return { level, properties: { ...defaultsOf(policy), ...own?.getProperties()?.toJavaScript() } };
}

function defaultsOf(policy: PolicyInfo): PolicySetting["properties"] {
  const properties = policy.getConfigschema()?.getProperties()?.toJavaScript() ?? {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) =>
      schema instanceof Object && "default" in schema && schema.default !== undefined
        ? [[key, schema.default] as const]
        : [],
    ),
  );
}

function mistakesIn(policy: PolicyInfo, setting: PolicySetting | undefined): readonly string[] {
  const schema = policy.getConfigschema();
  if (schema === undefined || setting === undefined) return [];
  const shape = z.fromJSONSchema({
    type: "object",
    properties: (schema.getProperties()?.toJavaScript() ?? {}) as Record<string, never>,
    required: schema.getRequiredList(),
  });
  const issues = shape.safeParse(setting.properties).error?.issues ?? [];
  return issues.map(({ path, message }) => `  ${[policy.getName(), ...path].join(".")}: ${message}`);
}
