import type { Rules } from "./rule.ts";
import { ADOPTION } from "./rules/adoption.ts";
import { ALIASES } from "./rules/aliases.ts";
import { CONTINUATION } from "./rules/continuation.ts";
import { FAILURES } from "./rules/failures.ts";
import { FUNCTIONS } from "./rules/functions.ts";
import { KILLS } from "./rules/kills.ts";
import { LIFECYCLE } from "./rules/lifecycle.ts";
import { OPTIONS } from "./rules/options.ts";
import { POLICIES } from "./rules/policies.ts";
import { PREVIEWS } from "./rules/previews.ts";
import { PROVIDERS } from "./rules/providers.ts";
import { REFERENCES } from "./rules/references.ts";
import { REFRESHES } from "./rules/refreshes.ts";
import { REPLACEMENT } from "./rules/replacement.ts";
import { SECRETS } from "./rules/secrets.ts";
import { STACK } from "./rules/stack.ts";
import { TARGETS } from "./rules/targets.ts";
import { VALUES } from "./rules/values.ts";
import { VERSIONS } from "./rules/versions.ts";

/** The rules by subject. */
export const RULES: Readonly<Record<string, Rules>> = {
  lifecycle: LIFECYCLE,
  replacement: REPLACEMENT,
  options: OPTIONS,
  aliases: ALIASES,
  secrets: SECRETS,
  values: VALUES,
  previews: PREVIEWS,
  failures: FAILURES,
  continuation: CONTINUATION,
  kills: KILLS,
  refreshes: REFRESHES,
  providers: PROVIDERS,
  functions: FUNCTIONS,
  adoption: ADOPTION,
  stack: STACK,
  targets: TARGETS,
  references: REFERENCES,
  policies: POLICIES,
  versions: VERSIONS,
};
