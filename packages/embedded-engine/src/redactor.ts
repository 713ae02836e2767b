import {
  isSecret,
  mapObject,
  type PropertyMap,
  type PropertyValue,
  withoutSecrets,
} from "./property-value.ts";

/** Shorter secrets may be everyday words. Masking those would make messages unreadable. */
const SHORTEST = 4;

/** A plain word, such as the name of a provider. It can be part of other names, which aren't secret. */
const PLAIN_WORD = /^[a-z]{1,15}$/;

/** Masks all known secrets of a run in its messages, because vendors quote requests in their errors. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Adds a secret to mask. Secrets of fewer than 4 characters are ignored. */
  add(secret: string): void {
    if (secret.length >= SHORTEST) this.#secrets.add(secret);
  }

  /** Adds every text inside secret values, at any depth. */
  addFrom(values: PropertyMap): void {
    mapObject(values, (value) => {
      if (!isSecret(value)) return undefined;
      this.#addTexts(withoutSecrets(value));
      return null;
    });
  }

  /** The text with `[secret]` in place of every known secret. A plain word is masked where it stands alone. */
  redact(text: string): string {
    let result = text;
    for (const secret of this.#secrets)
      result = PLAIN_WORD.test(secret)
        ? result.replace(new RegExp(`(?<![\\w-])${secret}(?![\\w-])`, "g"), "[secret]")
        : result.replaceAll(secret, "[secret]");
    return result;
  }

  #addTexts(value: PropertyValue): void {
    if (typeof value === "string") this.add(value);
    else if (typeof value === "object" && value !== null)
      for (const inner of Object.values(value)) this.#addTexts(inner);
  }
}
