import type { Command } from "commander";
import { manifestJsonSchema } from "../../manifest/json-schema.ts";
import { addJsonOption } from "../options.ts";
import type { Session } from "../session.ts";

export function addSchema(program: Command, session: Session): void {
  const command = program
    .command("schema")
    .description("Print the JSON Schema of manifests for completion and validation in editors");
  // The output is one JSON document with and without --json.
  addJsonOption(command).action(() => session.printJson(manifestJsonSchema()));
}
