/**
 * The SDK prints an uncaught error with a colored `util.inspect`. In Node.js 20 this hangs for up to a minute if the stack contains
 * a file directly below a scope, such as `node_modules/@pulumi/resource.ts` from the SDK's own source maps.
 */
export const PLAIN_ERRORS = `
import util from "node:util";
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, ...options]) => inspect(value, ...(value instanceof Error ? [] : options)),
});`;

/**
 * Saves an unchanged program three quarters of its time:
 *
 * - The SDK loads a compiler, a package manager, trace exporters and the Automation API, which few programs need. Here they are
 *   loaded on first use.
 * - For each promise, the SDK maps a stack trace through source maps that it parses. Here Node.js maps only the traces that are
 *   shown.
 * - The SDK starts a debugger to name the file of a function that can't be serialized. Here such an error names only the line.
 */
export const QUICK_START = `
import module from "node:module";
const lazy = [
  [/^typescript$/, "/@pulumi/pulumi/typescript-shim.js"],
  [/^(@npmcli\\/arborist|normalize-package-data)$/, "/@pulumi/pulumi/runtime/closure/codePaths.js"],
  [/^@opentelemetry\\/(?!api$)/, "/@pulumi/pulumi/cmd/run/tracing.js"],
  [/^\\.\\/automation$/, "/@pulumi/pulumi/index.js"],
];
const unneeded = {
  "source-map-support/register": {},
  "../../runtime/closure/v8Hooks": { isInitializedAsync: async () => {} },
};
const load = module._load;
module._load = function (request, parent, ...rest) {
  const file = parent?.filename?.replaceAll("\\\\", "/");
  if (request in unneeded && file?.endsWith("/@pulumi/pulumi/cmd/run/index.js")) return unneeded[request];
  if (!lazy.some(([what, where]) => file?.endsWith(where) && what.test(request))) return load.call(this, request, parent, ...rest);
  let loaded;
  const real = () => (loaded ??= load.call(this, request, parent, ...rest));
  return new Proxy({}, {
    get: (_, key) => (key === "__esModule" ? true : real()[key]),
    has: (_, key) => key in real(),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => ({ ...Object.getOwnPropertyDescriptor(real(), key), configurable: true }),
  });
};`;

/** Does the same in this process. Call it before the SDK is loaded. */
export async function quickStart(): Promise<void> {
  await import(moduleUrl(QUICK_START));
}

/**
 * Adds JavaScript modules to NODE_OPTIONS, which Node.js loads first.
 *
 * @param modules the modules' code
 * @param given the previous value of NODE_OPTIONS
 */
export function preloading(modules: readonly string[], given: string | undefined): string {
  return [...modules.map((code) => `--import ${moduleUrl(code)}`), given ?? ""].join(" ").trim();
}

/** What stack traces call these modules, instead of by their whole code. */
const SOURCE = "tenantry:preloaded";

/** Percent-encoded, because spaces and quotes are separators in NODE_OPTIONS. */
function moduleUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(`${code}\n//# sourceURL=${SOURCE}`)}`;
}

/** A stack trace as it would be without these modules. */
export function withoutPreloaded(trace: string): string {
  return trace.replaceAll(OWN_FRAME, "");
}

const OWN_FRAME = new RegExp(`^ +at .*\\(${SOURCE}:\\d+:\\d+\\)\\n?`, "gm");
