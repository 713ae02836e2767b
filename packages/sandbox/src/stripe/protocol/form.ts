import { invalidParameter } from "./errors.ts";

/** A text, or a list or object from a name with brackets. Objects have no prototype, so that any key is safe. */
export type FormValue = string | FormValue[] | FormObject;
export interface FormObject {
  [key: string]: FormValue;
}

/**
 * Decodes `application/x-www-form-urlencoded` as Stripe does. `a[b]=` sets a property and `a[]=` appends to a list. `a[0]=` sets
 * the property `0`, which the schema of a list accepts.
 *
 * @throws StripeError 400 for unbalanced brackets, or for a name that is both a value and a parent
 */
export function decodeForm(text: string): FormObject {
  const form: FormObject = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) assign(form, keysOf(name), value, name);
  return form;
}

function keysOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match === null) throw invalidParameter(`Invalid parameter name: ${name}`, name);
  const [, first = "", rest = ""] = match;
  return [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, key = ""]) => key)];
}

function assign(form: FormObject, keys: readonly string[], value: string, name: string): void {
  let parent: FormObject | FormValue[] = form;
  for (const [index, key] of keys.entries()) {
    const last = index === keys.length - 1;
    const next: FormValue = last ? value : keys[index + 1] === "" ? [] : Object.create(null);
    const found: FormValue | undefined = Array.isArray(parent) ? undefined : parent[key];
    if (Array.isArray(parent)) {
      if (key !== "") throw clash(name);
      parent.push(next);
    } else if (key === "" || (found !== undefined && typeof found !== typeof next)) {
      throw clash(name);
    } else if (found === undefined || last) {
      parent[key] = next;
    }
    if (last) return;
    const child: FormValue = found ?? next;
    if (typeof child === "string") throw clash(name);
    parent = child;
  }
}

function clash(name: string): Error {
  return invalidParameter(`Invalid request: parameter ${name} has conflicting types`, name);
}
