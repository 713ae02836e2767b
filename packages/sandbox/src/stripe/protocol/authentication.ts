import { StripeError } from "./errors.ts";

/**
 * Checks a request's API key, which is either a bearer token or the user name of basic authentication.
 *
 * @throws StripeError 401: https://docs.stripe.com/api/authentication
 */
export function authenticate(header: string | undefined, key: string): void {
  const given = keyOf(header);
  if (given === undefined)
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
    );
  if (given !== key) throw unauthorized(`Invalid API Key provided: ${masked(given)}`);
}

function keyOf(header: string | undefined): string | undefined {
  const [scheme = "", value = ""] = (header ?? "").split(/\s+/, 2);
  if (/^bearer$/i.test(scheme) && value !== "") return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [user] = Buffer.from(value, "base64").toString("utf8").split(":");
  return user === "" ? undefined : user;
}

/** Masks a key except its prefix and its last four characters. */
function masked(key: string): string {
  const [kind = ""] = /^(sk|rk|pk)_(test|live)_/.exec(key) ?? [];
  const hidden = key.slice(kind.length);
  const tail = hidden.length > 8 ? hidden.slice(-4) : "";
  return `${kind}${"*".repeat(hidden.length - tail.length)}${tail}`;
}

function unauthorized(message: string): StripeError {
  return new StripeError(401, "invalid_request_error", message, {}, false);
}
