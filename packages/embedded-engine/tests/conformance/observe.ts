import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineDiagnostic, EngineEvent, RunResult, StepMetadata } from "../../src/interface.ts";
import type { Crypter } from "../../src/secrets.ts";
import type { TestProject } from "../project.ts";
import type { Step } from "./rule.ts";

/** The observation of one step, in a form that is identical on every run. */
export interface Observed {
  readonly operation: Step["operation"];
  readonly result: RunResult["result"] | "killed";
  readonly changes: RunResult["changes"];
  /** `update Thing::a (value)`: the operations and the differences that caused them, sorted. */
  readonly operations: readonly string[];
  /** `create Thing::a < create Thing::b`: only for dependent resources, whose order is guaranteed. */
  readonly order: readonly string[];
  /** The calls to the provider, sorted. */
  readonly calls: readonly string[];
  /** `error Thing::a: protected`: the severity, resource and kind of each diagnostic. */
  readonly diagnostics: readonly string[];
  readonly resources: readonly Fields[];
  readonly pending: readonly Fields[];
  /** The ids of the existing objects. */
  readonly things: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

interface RawState {
  readonly resources: readonly RawResource[];
  readonly pending_operations: readonly { readonly type: string; readonly resource: RawResource }[];
}

type RawResource = Fields & {
  readonly urn: string;
  readonly type: string;
  readonly delete?: boolean;
  readonly parent?: string;
  readonly provider?: string;
  readonly deletedWith?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
};

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The source location of a resource, which engines record in different detail. */
const WHERE = ["sourcePosition", "stackTrace"];

export class Observer {
  readonly #project: TestProject;
  readonly #crypter: Crypter;
  /** The step in which a timestamp first appeared. */
  readonly #times = new Map<string, string>();
  readonly #uuids = new Map<string, string>();
  #steps = 0;
  #before: RawState = { resources: [], pending_operations: [] };

  constructor(project: TestProject, crypter: Crypter) {
    this.#project = project;
    this.#crypter = crypter;
  }

  observe(step: Step, run: RunResult | undefined, events: readonly EngineEvent[]): Observed {
    this.#steps += 1;
    const before = this.#before;
    const state = this.#readState();
    this.#before = state;
    const started = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
    const ordered = [...state.resources].sort((left, right) => compare(keyOf(left), keyOf(right)));
    return {
      operation: step.operation,
      result: run?.result ?? "killed",
      changes: Object.fromEntries(
        Object.entries(run?.changes ?? {}).sort(([left], [right]) => compare(left, right)),
      ),
      operations: started.map(operationText).sort(),
      order: step.operation === "refresh" ? [] : orderOf(started, [...before.resources, ...state.resources]),
      calls: [...this.#project.calls()].sort(),
      diagnostics: this.#diagnosticsOf(run?.diagnostics ?? []),
      resources: ordered.map((resource) => this.#fieldsOf(resource)),
      pending: state.pending_operations.map(({ type, resource }) => ({
        pending: type,
        ...withoutProgress(this.#fieldsOf(resource)),
      })),
      things: this.#things(),
    };
  }

  #diagnosticsOf(diagnostics: readonly EngineDiagnostic[]): readonly string[] {
    const texts = diagnostics
      .filter(({ message }) => !isResult(message))
      .map(({ severity, urn, message }) => {
        const whom = urn === undefined ? "" : ` ${short(urn)}`;
        return `${severity}${whom}: ${this.#text(kindOf(message))}`;
      });
    return [...new Set(texts)].sort();
  }

  #readState(): RawState {
    const { latest } = JSON.parse(this.#project.stateText).checkpoint;
    return { resources: latest?.resources ?? [], pending_operations: latest?.pending_operations ?? [] };
  }

  #things(): readonly string[] {
    const files = readdirSync(this.#project.world);
    if (!files.includes("things")) return [];
    return readdirSync(join(this.#project.world, "things"))
      .map((file) => file.replace(".json", ""))
      .sort();
  }

  /** A resource as written to the state, without the values that differ between runs. */
  #fieldsOf(resource: RawResource): Fields {
    return Object.fromEntries(
      Object.entries(resource)
        .filter(([key]) => !WHERE.includes(key))
        .sort(([left], [right]) => compare(left === "urn" ? "" : left, right === "urn" ? "" : right))
        .map(([key, value]) => [key, this.#settled(key, value)]),
    );
  }

  #settled(key: string, value: unknown): unknown {
    if (key === "created" || key === "modified") return this.#timeOf(String(value));
    const plain = this.#plain(value);
    return key === "dependencies" ? [...(plain as readonly string[])].sort() : plain;
  }

  #timeOf(time: string): string {
    const known = this.#times.get(time) ?? `step ${this.#steps}`;
    this.#times.set(time, known);
    return known;
  }

  #plain(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#plain(item));
    if (typeof value !== "object" || value === null) return value;
    const fields = value as Fields;
    if (fields[SIGNATURE] === SECRET)
      return { secret: this.#plain(JSON.parse(this.#crypter.decrypt(String(fields.ciphertext)))) };
    const sorted = Object.entries(fields).sort(([left], [right]) => compare(left, right));
    return Object.fromEntries(sorted.map(([key, inner]) => [short(key), this.#plain(inner)]));
  }

  #text(text: string): string {
    const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
    return short(text.replaceAll(this.#project.folder, "<folder>")).replace(uuid, (found) => {
      if (found.startsWith("04da6b54")) return "<unknown>";
      const known = this.#uuids.get(found) ?? `<uuid ${this.#uuids.size + 1}>`;
      this.#uuids.set(found, known);
      return known;
    });
  }
}

/** `Group$Thing::a` instead of `urn:pulumi:dev::trial::test:index:Group$test:index:Thing::a` */
function short(text: string): string {
  return text.replaceAll("urn:pulumi:dev::trial::", "").replaceAll("test:index:", "");
}

/** Pending operations record the desired state. How much of the old state they include differs between engines. */
function withoutProgress({ id, created, modified, ...wanted }: Fields): Fields {
  return wanted;
}

function keyOf({ urn, delete: dead }: RawResource): string {
  return `${urn} ${dead === true}`;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function operationText({ op, urn, diffs = [], detailedDiff }: StepMetadata): string {
  const details = Object.entries(detailedDiff ?? {}).map(([path, { diffKind }]) => `${path}: ${diffKind}`);
  const differences = details.length > 0 ? details : diffs;
  return `${op} ${short(urn)}${differences.length > 0 ? ` (${[...differences].sort().join(", ")})` : ""}`;
}

/** The parts of messages that both engines share. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/Duplicate resource URN/, "duplicate"],
  [/protected/, "protected"],
  [/has a problem/, "refused inputs"],
  [/pending operation/, "pending operations"],
  [/is not ready yet/, "not finished"],
  [/was refused|threw/, "the provider failed"],
  [/unhandled exception|broken|please fix it|Missing required configuration/, "the program failed"],
  [/exited with non-zero exit code/, "the program ended"],
  [/does not exist/, "not there"],
  [/can't run policy/, "not known yet"],
];

/** Whether a message only repeats the result after an error was reported. */
function isResult(message: string): boolean {
  return /^(preview|update|refresh|destroy) failed$/.test(message);
}

/** The messages of the rules' policies, which are compared verbatim. */
const POLICY = /against .*/;

function kindOf(message: string): string {
  return POLICY.exec(message)?.[0] ?? KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? "other";
}

/** The order of each two operations on the same or on dependent resources. */
function orderOf(steps: readonly StepMetadata[], states: readonly RawResource[]): readonly string[] {
  const needs = new Map<string, Set<string>>();
  for (const state of states)
    needs.set(state.urn, new Set([...(needs.get(state.urn) ?? []), ...dependenciesOf(state)]));
  const acting = steps.filter(({ op }) => op !== "same");
  const pairs = acting.flatMap((first, index) =>
    acting
      .slice(index + 1)
      .filter(
        ({ urn }) =>
          urn === first.urn ||
          needs.get(urn)?.has(first.urn) === true ||
          needs.get(first.urn)?.has(urn) === true,
      )
      .map((second) => `${first.op} ${short(first.urn)} < ${second.op} ${short(second.urn)}`),
  );
  return [...new Set(pairs)].sort();
}

function dependenciesOf(state: RawResource): readonly string[] {
  const isStack = (urn: string) => urn.includes("::pulumi:pulumi:Stack::");
  return [
    ...(state.dependencies ?? []),
    ...Object.values(state.propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
    ...[state.parent, state.deletedWith, state.provider?.split("::").slice(0, -1).join("::")],
  ].filter((urn): urn is string => urn !== undefined && urn !== "" && !isStack(urn));
}
