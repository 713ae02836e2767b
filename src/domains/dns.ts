import { Resolver } from "node:dns/promises";
import { UserError } from "@tenantry/core/errors";

/** Returns the values of a name's TXT records. Empty if the name doesn't exist. */
export type TxtLookup = (name: string) => Promise<readonly string[]>;

/** The name servers didn't answer, so it is unknown whether the record exists. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

const NO_RECORD: readonly string[] = ["ENODATA", "ENOTFOUND"];

/**
 * Creates a function that looks up TXT records.
 *
 * @param servers addresses of name servers: `9.9.9.9`, `127.0.0.1:5353`. Default: the system's
 */
export function dnsLookup(servers?: readonly string[]): TxtLookup {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (servers !== undefined) useServers(resolver, servers);
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((chunks) => chunks.join(""));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (NO_RECORD.includes(code ?? "")) return [];
      throw new LookupError(message, { cause });
    }
  };
}

function useServers(resolver: Resolver, servers: readonly string[]): void {
  try {
    resolver.setServers([...servers]);
  } catch (cause) {
    throw new UserError(`Expected addresses of name servers, found ${servers.join(", ")}.`, {
      remedy: "Use the form 9.9.9.9, 127.0.0.1:5353 or [2620:fe::fe]:53.",
      cause,
    });
  }
}
