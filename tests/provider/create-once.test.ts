import { VendorError } from "@tenantry/core/errors";
import { expect, test } from "vitest";
import { createOnce } from "../../src/provider/create-once.ts";

function failure(status: number | undefined): VendorError {
  return new VendorError({
    vendor: "Supabase",
    operation: "POST /things",
    message: "no",
    status,
    remedy: "none",
  });
}

/** A service that creates things and fails on demand, before or after the effect. */
class Service {
  things: number[] = [];
  calls = 0;
  readonly #failures: (readonly [number | undefined, "before" | "after"])[];

  constructor(...failures: (readonly [number | undefined, "before" | "after"])[]) {
    this.#failures = failures;
  }

  readonly look = async () => this.things[0];
  readonly create = async (attempt: number) => {
    const [status, when] = this.#failures[this.calls] ?? [];
    const fails = this.calls < this.#failures.length;
    this.calls += 1;
    if (fails && when === "before") throw failure(status);
    this.things.push(attempt);
    if (fails) throw failure(status);
    return attempt;
  };
}

test("an existing thing is not created", async () => {
  const service = new Service();
  service.things = [7];
  expect(await createOnce(service)).toBe(7);
  expect(service.calls).toBe(0);
});

test.each([
  [undefined, "before", 2],
  [undefined, "after", 1],
  [500, "before", 2],
  [500, "after", 1],
] as const)("status %s %s the effect leaves one thing after %i calls", async (status, when, calls) => {
  const service = new Service([status, when]);
  await createOnce(service);
  expect(service.things).toHaveLength(1);
  expect(service.calls).toBe(calls);
});

test("a name that is taken meanwhile is looked up", async () => {
  const service = new Service([409, "after"]);
  expect(await createOnce(service)).toBe(0);
});

test("a refusal is passed to the caller", async () => {
  const service = new Service([403, "before"]);
  await expect(createOnce(service)).rejects.toMatchObject({ status: 403 });
  expect(service.calls).toBe(1);
});

test("a bug is never retried", async () => {
  let calls = 0;
  const create = async () => {
    calls += 1;
    throw new TypeError("ours");
  };
  await expect(createOnce({ look: async () => undefined, create })).rejects.toThrow("ours");
  expect(calls).toBe(1);
});
