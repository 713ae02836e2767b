import { UserError } from "../core/errors.ts";
import { embeddedEngine } from "./embedded/engine.ts";
import type { Engine } from "./engine.ts";

/** @param name as given by `--engine`; the default is the embedded one */
export function selectEngine(name: string = "embedded"): Engine {
  if (name === "embedded") return embeddedEngine();
  if (name === "cli")
    throw new UserError("The Pulumi CLI can't be used as the engine yet.", {
      remedy: "Leave --engine out, or run `pulumi` itself: state and program are the same.",
    });
  throw new UserError(`There is no engine ${JSON.stringify(name)}.`, {
    remedy: "Use --engine embedded.",
  });
}
