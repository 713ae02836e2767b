import { expect, test } from "vitest";
import type { StepMetadata } from "../../../../packages/embedded-engine/src/interface.ts";
import type { PropertyChange } from "../../../../src/changes/property-change.ts";
import { changesIn } from "../../../../src/changes/stack.ts";
import { eventsOf } from "../../../../src/plan/events.ts";
import { planned, SECRET_MARK, step, view } from "../../../changes/events.ts";

const NAME = "CONNECTION_WAREHOUSE";
type Sources = Readonly<Record<string, string>> | undefined;
type Paths = Readonly<Record<string, "add" | "update" | "delete">>;

/** A step of a project's secrets, with the paths that the provider reports as different. */
function changed(before: Sources, after: Sources, paths: Paths): StepMetadata {
  const inputs = (sources: Sources, absent: string) => ({
    project: "ref",
    secrets: Object.fromEntries(
      [NAME, "LLM_API_KEY", "LLM_PROVIDER"]
        .filter((name) => paths[`secrets.${name}`] !== absent)
        .map((name) => [name, SECRET_MARK]),
    ),
    ...(sources === undefined ? {} : { sources }),
  });
  const of = (sources: Sources, absent: string) =>
    view("tenantry:supabase:Secrets", "secrets", { inputs: inputs(sources, absent) });
  const detailedDiff = Object.entries(paths).map(
    ([path, diffKind]) => [path, { diffKind, inputDiff: true }] as const,
  );
  return step("update", of(before, "add"), of(after, "delete"), {
    detailedDiff: Object.fromEntries(detailedDiff),
  });
}

const said = (metadata: StepMetadata) => {
  const { events, other } = eventsOf(changesIn("tiny.acme", [planned(metadata)]));
  expect(other).toEqual([]);
  return events.flatMap(({ text, items }) =>
    items.length > 1 ? [text, ...items.map(({ name, note }) => `${name}: ${note}`)] : [text],
  );
};

const [A, B] = [{ [NAME]: "acme-a" }, { [NAME]: "acme-b" }];
const VALUE = `secrets.${NAME}`;
const SOURCE = `sources.${NAME}`;

test.each<[string, Sources, Sources, Paths, string[]]>([
  [
    "a different name for the same value",
    A,
    B,
    { [SOURCE]: "update" },
    [`reads the secret ${NAME} under another name (acme-a → acme-b); its value stays the same`],
  ],
  [
    "a new value under the same name",
    A,
    A,
    { [VALUE]: "update" },
    [`changes the secret ${NAME}: value of acme-a changed`],
  ],
  [
    "a different name and value",
    A,
    B,
    { [VALUE]: "update", [SOURCE]: "update" },
    [`changes the secret ${NAME}: acme-a → acme-b, with a different value`],
  ],
  [
    "a different name of one secret and a new value of another",
    { ...A, LLM_API_KEY: "acme-llm" },
    { ...B, LLM_API_KEY: "acme-llm" },
    { [SOURCE]: "update", "secrets.LLM_API_KEY": "update" },
    [
      "changes the secret LLM_API_KEY: value of acme-llm changed",
      `reads the secret ${NAME} under another name (acme-a → acme-b); its value stays the same`,
    ],
  ],
  [
    "a connection that is removed",
    { ...A, LLM_API_KEY: "acme-llm" },
    { LLM_API_KEY: "acme-llm" },
    { [VALUE]: "delete", [SOURCE]: "delete" },
    [`removes the secret ${NAME} (from acme-a)`],
  ],
  [
    "the last secret that is removed",
    A,
    undefined,
    { [VALUE]: "delete", sources: "delete" },
    [`removes the secret ${NAME} (from acme-a)`],
  ],
  [
    "a new connection",
    { LLM_API_KEY: "acme-llm" },
    { ...A, LLM_API_KEY: "acme-llm" },
    { [VALUE]: "add", [SOURCE]: "add" },
    [`sets the secret ${NAME} (from acme-a)`],
  ],
  [
    "the first secret",
    undefined,
    A,
    { [VALUE]: "add", sources: "add" },
    [`sets the secret ${NAME} (from acme-a)`],
  ],
  [
    "a value that isn't from a secret",
    A,
    A,
    { "secrets.LLM_PROVIDER": "update" },
    ["changes the secret LLM_PROVIDER: value changed"],
  ],
  [
    "a value that was changed elsewhere",
    { [NAME]: "changed elsewhere" },
    A,
    { [VALUE]: "update", [SOURCE]: "update" },
    [`changes the secret ${NAME}: changed elsewhere → acme-a, with a different value`],
  ],
  [
    "names that an earlier version didn't record",
    undefined,
    { ...A, LLM_API_KEY: "acme-llm" },
    { sources: "add" },
    ["records the names of the secrets; no value changes"],
  ],
  [
    "a new value where an earlier version didn't record the name",
    undefined,
    A,
    { [VALUE]: "update", sources: "add" },
    [`changes the secret ${NAME}: value changed; it comes from acme-a`],
  ],
])("a preview names the secrets of %s", (_, before, after, paths, lines) => {
  expect(said(changed(before, after, paths))).toEqual(lines);
});

test("JSON contains the names of secrets, and never their values", () => {
  const changesOf = (metadata: StepMetadata): readonly PropertyChange[] =>
    changesIn("tiny.acme", [planned(metadata)]).steps[0]?.changes ?? [];
  const [rotated] = changesOf(changed(A, A, { [VALUE]: "update" }));
  expect(rotated).toMatchObject({
    path: VALUE,
    after: "[secret]",
    sources: { before: "acme-a", after: "acme-a" },
  });
  expect(changesOf(changed(A, B, { [VALUE]: "update", [SOURCE]: "update" }))).toMatchObject([
    { path: VALUE, after: "[secret]", sources: { before: "acme-a", after: "acme-b" } },
    { path: SOURCE, kind: "update", before: "acme-a", after: "acme-b" },
  ]);
  expect(changesOf(changed(A, undefined, { [VALUE]: "delete", sources: "delete" }))).toMatchObject([
    { path: VALUE, kind: "delete", before: "[secret]", sources: { before: "acme-a" } },
    { path: SOURCE.slice(0, -NAME.length - 1), kind: "delete" },
  ]);
});

test("a new workspace shows its secrets", () => {
  const inputs = { secrets: { [NAME]: SECRET_MARK }, sources: A };
  const made = (more: object) =>
    step("create", null, view("tenantry:supabase:Secrets", "secrets", { inputs: { ...more } }));
  expect(said(made(inputs))).toEqual([`sets the secret ${NAME} (from acme-a)`]);
});
