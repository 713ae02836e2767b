import { randomBytes, randomInt } from "node:crypto";

/** As a project's ref or an organization's slug: a to z. */
export function randomLetters(count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join("");
}

/** As in API keys. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url").replaceAll("-", "x");
}
