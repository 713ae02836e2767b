import type { ChangePlan, Guard, GuardItem } from "../plan/plan.ts";

/** `agntdata.acme`; for what concerns a platform or several organizations, `agntdata`. It may contain text that people typed. */
export function guardPlace({ platform, organization }: Guard): string {
  return organization === null ? platform : `${platform}.${organization}`;
}

/** `removes 4 of 6 people; at most 3 need no consent` */
export function guardSentence({ verdict, kind, text, total, most }: Guard): string {
  if (verdict !== "refused" || kind === "revenue" || kind === "infrastructure") return text;
  return total === null
    ? `${text}, which always needs a consent`
    : `${text}; at most ${most.toLocaleString("en-US")} need no consent`;
}

/** `ada@acme.example: no consent`. Names of other organizations are distinct without it, if they are of one organization. */
export function guardItemText({ name, organization, consent }: GuardItem, guard: Guard): string {
  const where = guard.organization === organization || organization === null ? "" : `${organization}: `;
  return `${where}${name}: ${consentText(consent)}`;
}

function consentText(consent: GuardItem["consent"]): string {
  if (consent === null) return "no consent";
  const { approvedBy, expires, reason, isValid } = consent;
  return isValid
    ? `approved by ${approvedBy} until ${expires} (${reason})`
    : `the consent of ${approvedBy} expired on ${expires}`;
}

/** The decisions that a reviewer has to see. */
export function shownGuards({ guards }: ChangePlan): readonly Guard[] {
  return guards.filter(({ verdict }) => verdict !== "allowed");
}
