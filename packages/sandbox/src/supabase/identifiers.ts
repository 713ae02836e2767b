import { randomBytes, randomInt } from "node:crypto";

/** Generates letters from a to z, for a project's ref or an organization's slug. */
export function randomLetters(count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join("");
}

/** Generates a token for an API key. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url").replaceAll("-", "x");
}
