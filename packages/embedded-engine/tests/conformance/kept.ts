import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Observed } from "./observe.ts";

/** The recorded result of a rule with the Pulumi CLI, as JSON with one line for each observation. */
export function readKept(rule: string): string {
  return readFileSync(fileOf(rule), "utf8");
}

export function keep(rule: string, observed: readonly Observed[]): void {
  mkdirSync(dirname(fileOf(rule)), { recursive: true });
  writeFileSync(fileOf(rule), textOf(observed));
}

export function textOf(observed: readonly Observed[]): string {
  const steps = observed.map((step, index) => stepText(step, observed[index - 1]));
  return `[\n${steps.join(",\n")}\n]\n`;
}

/** The fields that are written in one line. */
const SHORT = ["calls", "things"];

function stepText(step: Observed, before: Observed | undefined): string {
  const stays = isDeepStrictEqual(step.resources, before?.resources);
  const fields = Object.entries(stays ? { ...step, resources: "as before" } : step)
    .filter(([, value]) => Object.keys(value).length > 0)
    .map(
      ([key, value]) =>
        `    ${JSON.stringify(key)}: ${SHORT.includes(key) ? JSON.stringify(value) : fieldText(value)}`,
    );
  return `  {\n${fields.join(",\n")}\n  }`;
}

function fieldText(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return `[\n${value.map((item) => `      ${JSON.stringify(item)}`).join(",\n")}\n    ]`;
}

/** `killed-during-a-creation.json` */
function fileOf(rule: string): string {
  const name = rule
    .toLowerCase()
    .replaceAll("'", "")
    .replaceAll(/[^a-z0-9]+/g, "-");
  return fileURLToPath(new URL(`expected/${name}.json`, import.meta.url));
}
