import {
  isSecret,
  mapObject,
  type PropertyMap,
  type PropertyValue,
  withoutSecrets,
} from "./property-value.ts";

/** Shorter ones are everyday words, and hiding those would make every message unreadable. */
const SHORTEST = 4;

/** Takes every secret that a run has met out of the texts that it shows: errors of vendors quote what they were sent. */
export class Redactor {
  readonly #secrets = new Set<string>();

  add(secret: string): void {
    if (secret.length >= SHORTEST) this.#secrets.add(secret);
  }

  /** Every text inside a secret value, at any depth. */
  addFrom(values: PropertyMap): void {
    mapObject(values, (value) => {
      if (!isSecret(value)) return undefined;
      this.#addTexts(withoutSecrets(value));
      return null;
    });
  }

  redact(text: string): string {
    let result = text;
    for (const secret of this.#secrets) result = result.replaceAll(secret, "[secret]");
    return result;
  }

  #addTexts(value: PropertyValue): void {
    if (typeof value === "string") this.add(value);
    else if (typeof value === "object" && value !== null)
      for (const inner of Object.values(value)) this.#addTexts(inner);
  }
}
