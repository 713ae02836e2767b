import type { Environment, Variables } from "./settings.ts";

/** A running sandbox, in this process or another. */
export interface RunningSandbox<V extends Variables = Variables> {
  readonly folder: string;
  readonly supabaseUrl: string;
  readonly stripeUrl: string;
  /** Environment variables for programs that use the sandbox. */
  readonly env: Environment & V;
  /** Stops the sandbox and its servers, if this process started it. Keeps its data. */
  stop(): Promise<void>;
}
