import type { Secret } from "@tenantry/core/secret";

/** Redacting shorter values would hide ordinary words. */
const SHORTEST = 6;

/** The last line of defense: removes every secret that passed through the provider from outgoing texts. */
export class Redactor {
  readonly #known = new Set<string>();

  learn(values: readonly (Secret | string)[]): void {
    for (const value of values) {
      const text = typeof value === "string" ? value : value.reveal();
      if (text.length < SHORTEST) continue;
      // Plain, as JSON and as part of a URL.
      for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])
        this.#known.add(form);
    }
  }

  clean(text: string): string {
    // Longest first, because one secret may contain another.
    const known = [...this.#known].filter((each) => text.includes(each)).sort((a, b) => b.length - a.length);
    return known.reduce((cleaned, each) => cleaned.replaceAll(each, "[secret]"), text);
  }
}
