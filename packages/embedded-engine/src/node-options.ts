/**
 * The SDK shows an uncaught error by inspecting it in colour, over which Node.js 20 hangs for up to a minute where the
 * stack holds a file right under a scope, as the SDK's own source maps do: `node_modules/@pulumi/resource.ts`.
 */
export const PLAIN_ERRORS = `
import util from "node:util";
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, ...options]) => inspect(value, ...(value instanceof Error ? [] : options)),
});`;

/**
 * Spares an unchanged program three quarters of its time. The SDK loads a compiler, a package manager, exporters of traces
 * and the Automation API, which few programs need: they are loaded when first used. For each promise it maps a stack trace
 * through source maps that it parses itself: Node.js maps the traces that are shown. And it starts a debugger, to name the
 * file of a function that can't be serialized: such an error names its line alone.
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

/** NODE_OPTIONS that load JavaScript modules, given as their code, before anything else. */
export function preloading(modules: readonly string[], given: string | undefined): string {
  return [...modules.map((code) => `--import ${moduleUrl(code)}`), given ?? ""].join(" ").trim();
}

/** Percent-encoded, as it travels through NODE_OPTIONS, where blanks and quotes divide. */
function moduleUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
