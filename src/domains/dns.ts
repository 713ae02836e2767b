import { Resolver } from "node:dns/promises";
import { UserError } from "@tenantry/core/errors";

/** The texts of a name's TXT records; none where there is no such name. */
export type TxtLookup = (name: string) => Promise<readonly string[]>;

/** The name servers had no answer: nothing is known of the record. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

const NO_RECORD: readonly string[] = ["ENODATA", "ENOTFOUND"];

/**
 * Looks TXT records up.
 *
 * @param servers addresses with ports, as `9.9.9.9` or `127.0.0.1:5353`. Default: those of the system
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
    throw new UserError(`${servers.join(", ")} are no addresses of name servers.`, {
      remedy: "Use the form 9.9.9.9, 127.0.0.1:5353 or [2620:fe::fe]:53.",
      cause,
    });
  }
}
