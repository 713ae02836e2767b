import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { loadPlatform } from "../src/repository/load.ts";

/** A measured process that parses or validates a platform's folder. Prints seconds and peak memory as JSON. */
const [mode, folder = ""] = process.argv.slice(2);
const begin = performance.now();
if (mode === "parse") parseAll(folder);
else await validateAll(folder);
const seconds = (performance.now() - begin) / 1000;
process.stdout.write(JSON.stringify({ seconds, mebibytes: process.resourceUsage().maxRSS / 1024 }));

function parseAll(platform: string): void {
  parse(readFileSync(join(platform, "platform.yaml"), "utf8"));
  const orgs = join(platform, "orgs");
  for (const file of readdirSync(orgs)) parse(readFileSync(join(orgs, file), "utf8"));
}

async function validateAll(platform: string): Promise<void> {
  const { model, diagnostics } = await loadPlatform(platform, "2026-11-22");
  if (model === undefined) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
}
