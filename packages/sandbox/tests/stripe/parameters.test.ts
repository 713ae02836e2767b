import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { OPERATIONS } from "../../src/stripe/operations.ts";
import type { Operation } from "../../src/stripe/protocol/operation.ts";
import { CASES, type Case } from "./parameter-cases.ts";
import { parametersOf, pathOf } from "./parameter-paths.ts";
import { createBase, type World } from "./parameter-world.ts";

/*
 * Each accepted parameter must change something that a client can see: the response, what later requests return, or what
 * happens as time passes. The parameters come from the routes' own schemas, so that a new one without a case fails.
 *
 * Ids are numbered from the same start in every case, so that two copies of an account differ only by the parameter.
 */
const counter = vi.hoisted(() => ({ next: 0 }));
vi.mock("../../src/stripe/protocol/ids.ts", () => {
  const number = (length: number): string => {
    counter.next += 1;
    return String(counter.next).padStart(length, "0");
  };
  return { newId: (prefix: string) => `${prefix}_${number(14)}`, random: number };
});

const folder = mkdtempSync(join(tmpdir(), "sandbox-parameters-"));
afterAll(() => rmSync(folder, { recursive: true }));
const base = await createBase(folder);
const START = counter.next;

const ROUTES = OPERATIONS.map((operation) => ({ ...operation, name: nameOf(operation) }));
const SEARCH = /\/search$/;
const tested = ROUTES.filter(({ path }) => !SEARCH.test(path));

it("every case is for a route and a parameter that exist", () => {
  const known = new Map(ROUTES.map(({ name, parameters }) => [name, parametersOf(parameters).accepted]));
  const unknown = Object.entries(CASES).flatMap(([route, { cases = {} }]) =>
    Object.keys(cases)
      .filter((name) => !known.get(route)?.includes(name))
      .map((name) => `${route} ${name}`),
  );
  expect(unknown).toEqual([]);
});

it.each(ROUTES.filter(({ path }) => SEARCH.test(path)))("$name is refused as a whole", async ({ path }) => {
  expect(await base.copy().request("GET", `${path}?query=a`)).toMatchObject({ status: 400 });
});

const parameters = tested.flatMap((route) =>
  parametersOf(route.parameters).accepted.map((parameter) => ({ name: route.name, parameter, route })),
);

it.each(parameters)("$name: $parameter changes something", async ({ route, parameter }) => {
  const [without, given] = await requestsFor(route, parameter);
  expect(await differ(without, given), `${given.form} does the same as ${without.form}`).toBe(true);
});

it("the other parameters of Stripe are refused as not supported", async () => {
  const world = base.copy();
  for (const route of tested)
    for (const parameter of parametersOf(route.parameters).refused.filter((name) => !name.includes("["))) {
      const request = { method: route.method, on: base.fill(pathFor(route)), form: `${parameter}=x` };
      expect(await answer(world, request), route.name).toMatchObject({
        status: 400,
        body: {
          error: { message: `The sandbox doesn't support Stripe's parameter ${parameter}.` },
        },
      });
    }
});

interface Request {
  readonly method: Operation["method"];
  readonly on: string;
  readonly form: string;
}

function nameOf({ method, path }: Operation): string {
  return `${method.toUpperCase()} ${path}`;
}

/** The path of the route's object. Without a case, one that doesn't exist, because parameters are read first. */
function pathFor(route: Operation): string {
  return CASES[nameOf(route)]?.on ?? route.path.replace(":id", "none");
}

/** Returns two requests that differ only by the parameter. */
async function requestsFor(route: Operation, parameter: string): Promise<[without: Request, given: Request]> {
  const { cases = {}, form = "" } = CASES[nameOf(route)] ?? {};
  const found = cases[parameter] ?? (await listCase(route, parameter));
  const given: Partial<Case> = typeof found === "string" ? { value: found } : (found ?? {});
  const names = [...new URLSearchParams(form).keys()].map(pathOf);
  if (found === undefined && !names.includes(parameter)) throw new Error("No case");
  const on = base.fill(given.on ?? pathFor(route));
  const basis = fields(`${given.instead ?? form}&${given.with ?? ""}`);
  const others = basis.filter(([name]) => pathOf(name) !== parameter);
  const request = (form: [string, string][]): Request => ({
    method: route.method,
    on,
    form: base.fill(form.map(([name, value]) => `${name}=${value}`).join("&")),
  });
  if (given.value === undefined) return [request(others), request(basis)];
  const own: [string, string] = [fieldOf(parameter), given.value];
  return [request(basis), request([...basis.filter(([name]) => pathOf(name) !== parameter), own])];
}

function fields(form: string): [string, string][] {
  return [...new URLSearchParams(form)];
}

/** The name of a parameter in a form: `items[0][metadata][key]` for `items[][metadata]`. */
function fieldOf(parameter: string): string {
  const name = parameter.replaceAll("[]", "[0]");
  return /(^|\[)metadata\]?$/.test(name) ? `${name}[key]` : name;
}

/** The cases that all lists share. */
async function listCase(route: Operation, parameter: string): Promise<string | undefined> {
  if (route.method !== "get") return undefined;
  if (parameter === "limit") return "1";
  if (/\[gte?\]$/.test(parameter)) return "4000000000";
  if (/\[lte?\]$/.test(parameter)) return "1";
  if (parameter !== "starting_after" && parameter !== "ending_before") return undefined;
  const form = base.fill(CASES[nameOf(route)]?.form ?? "");
  const on = base.fill(pathFor(route));
  const { data } = (await answer(base.copy(), { method: "get", on, form })).body as {
    data: { id: string }[];
  };
  return (parameter === "starting_after" ? data.at(0) : data.at(-1))?.id;
}

function answer(world: World, { method, on, form }: Request) {
  return method === "get"
    ? world.request("GET", `${on}?${form}`)
    : world.request(method.toUpperCase(), on, form);
}

const LISTS = [
  "events",
  "customers",
  "subscriptions?status=all&",
  "invoices",
  "invoiceitems",
  "subscription_schedules",
  "payment_intents",
  "prices",
  "payment_methods",
];
const HOUR = 60 * 60;

/** Whether the response, the account's objects, or what happens in the next months depends on the parameter. */
async function differ(without: Request, given: Request): Promise<boolean> {
  const worlds = [
    { world: base.copy(), request: without, next: START },
    { world: base.copy(), request: given, next: START },
  ];
  const same = async (look: (world: World, request: Request) => Promise<unknown>): Promise<boolean> => {
    const views: string[] = [];
    for (const one of worlds) {
      counter.next = one.next;
      views.push(JSON.stringify(await look(one.world, one.request)));
      one.next = counter.next;
    }
    return views[0] === views[1];
  };
  const objects = (world: World) =>
    Promise.all(
      LISTS.map((list) => world.request("GET", `/v1/${list}${list.endsWith("&") ? "" : "?"}limit=100`)),
    );
  if (!(await same(answer)) || !(await same(objects))) return true;
  for (const hours of [2, 40 * 24, 40 * 24]) {
    if (!(await same((world) => world.advance(hours * HOUR))) || !(await same(objects))) return true;
  }
  return false;
}
