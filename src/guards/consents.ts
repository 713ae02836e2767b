import { stringify } from "yaml";
import type { ConsentModel, PlatformConsentModel } from "../model/model.ts";
import type { GuardConsent, GuardItem, GuardKind, GuardRemedy } from "../plan/plan.ts";
import { addDays } from "../shared/today.ts";

/** The best consent among those that name something: a valid one before an expired one, then the one that is valid the longest. */
export function bestConsent<Consent extends ConsentModel | PlatformConsentModel>(
  consents: readonly Consent[],
  names: (consent: Consent) => boolean,
  today: string,
): GuardConsent | null {
  const [best] = consents.filter(names).sort((a, b) => (a.expires < b.expires ? 1 : -1));
  if (best === undefined) return null;
  const { reason, approvedBy, expires } = best;
  return { reason, approvedBy, expires, isValid: expires >= today };
}

/** Whether an organization's consent names an item. */
export function namesItem(kind: GuardKind, name: string): (consent: ConsentModel) => boolean {
  return ({ delete: deleted, remove }) => {
    switch (kind) {
      case "deletion":
        return deleted === name || deleted === name.split("/")[0];
      case "owner":
        return remove.owner === name;
      case "subscription":
        return remove.subscription === name;
      case "members":
        return remove.members.includes(name) || remove.owner === name;
      case "apiKeys":
      case "workspaces":
      case "domains":
      case "connections":
        return remove[kind].includes(name);
      default:
        return false;
    }
  };
}

/** Whether a platform's consent names an item. */
export function namesPlatformItem(kind: GuardKind, name: string): (consent: PlatformConsentModel) => boolean {
  return ({ weaken, webhook }) => (kind === "webhook" ? webhook === name : weaken.includes(name));
}

/** How long a proposed consent is valid. */
const DAYS = 30;

/**
 * The entries that consent to items without a valid consent, one for each manifest and thing to delete.
 *
 * @param today `2026-11-22`
 */
export function remediesFor(kind: GuardKind, items: readonly GuardItem[], today: string): GuardRemedy[] {
  const organizations = [...new Set(items.map(({ organization }) => organization))];
  return organizations.flatMap((organization) => {
    const own = items.filter((item) => item.organization === organization);
    const names = [...new Set(own.map(({ name }) => name))];
    const file = organization === null ? "platform.yaml" : `orgs/${organization}.yaml`;
    return consentsTo(kind, names).map((consent) => ({
      file,
      yaml: stringify([{ ...consent, reason: "…", approvedBy: "…", expires: addDays(today, DAYS) }], {
        lineWidth: 0,
      }),
    }));
  });
}

function consentsTo(kind: GuardKind, names: readonly string[]): Readonly<Record<string, unknown>>[] {
  if (kind === "deletion") {
    // The consent to the deletion of an organization covers its workspaces.
    const whole = names.filter((name) => !name.includes("/"));
    return (whole.length > 0 ? whole : names).map((name) => ({ delete: name }));
  }
  if (kind === "rowSecurity") return [{ weaken: names }];
  const isOne = kind === "owner" || kind === "subscription" || kind === "webhook";
  return [{ remove: { [kind]: isOne ? names[0] : names } }];
}
