import type { Secret } from "@tenantry/core/secret";

/** Shorter values would blacken ordinary words. */
const SHORTEST = 6;

/**
 * The last line of defence: takes every secret value that passed through the provider out of a text before it leaves.
 */
export class Redactor {
  readonly #known = new Set<string>();

  learn(values: readonly (Secret | string)[]): void {
    for (const value of values) {
      const text = typeof value === "string" ? value : value.reveal();
      if (text.length < SHORTEST) continue;
      // As it is, as JSON writes it, and as a URL does.
      for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])
        this.#known.add(form);
    }
  }

  clean(text: string): string {
    // The longest first: one secret may hold another.
    const known = [...this.#known].filter((each) => text.includes(each)).sort((a, b) => b.length - a.length);
    return known.reduce((cleaned, each) => cleaned.replaceAll(each, "[secret]"), text);
  }
}
