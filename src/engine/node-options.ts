/**
 * The SDK shows an uncaught error by inspecting it in colour, over which Node.js 20 hangs for up to a minute where the
 * stack holds a file right under a scope, as the SDK's own source maps do: `node_modules/@pulumi/resource.ts`.
 */
export const PLAIN_ERRORS = `
import util from "node:util";
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, ...options]) => inspect(value, ...(value instanceof Error ? [] : options)),
});`;

/** NODE_OPTIONS that load JavaScript modules, given as their code, before anything else. */
export function preloading(modules: readonly string[], given: string | undefined): string {
  return [...modules.map((code) => `--import ${moduleUrl(code)}`), given ?? ""].join(" ").trim();
}

/** Percent-encoded, as it travels through NODE_OPTIONS, where blanks and quotes divide. */
function moduleUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
