import type { Environment } from "./settings.ts";

/** A running sandbox, in this process or another. */
export interface RunningSandbox {
  readonly folder: string;
  readonly supabaseUrl: string;
  readonly stripeUrl: string;
  /** What a run against it needs in its environment. */
  readonly env: Environment;
  /** Ends it, and every process of it, if this process started it; its data stay. */
  stop(): Promise<void>;
}
