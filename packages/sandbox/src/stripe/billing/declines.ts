import { StripeError } from "../protocol/errors.ts";

/** Creates the 402 error for a decline: https://docs.stripe.com/declines/codes */
export function declined(declineCode = "generic_decline", details: object = {}): StripeError {
  const { message, ...said } = declineOf(declineCode);
  return new StripeError(402, "card_error", message, { ...said, ...details });
}

/** Returns the error fields for a decline. Some reasons have their own error code. The others are `card_declined`. */
export function declineOf(declineCode: string): { code: string; decline_code?: string; message: string } {
  const message = declineMessage(declineCode);
  if (declineCode === "expired_card" || declineCode === "processing_error")
    return { code: declineCode, message };
  const code = declineCode === "authentication_required" ? declineCode : "card_declined";
  return { code, decline_code: declineCode, message };
}

export function declineMessage(declineCode: string): string {
  return DECLINE_MESSAGES[declineCode] ?? "Your card was declined.";
}

const DECLINE_MESSAGES: Readonly<Record<string, string>> = {
  authentication_required: "Your card was declined. This transaction requires authentication.",
  expired_card: "Your card has expired.",
  insufficient_funds: "Your card has insufficient funds.",
  processing_error: "An error occurred while processing your card. Try again in a little bit.",
};
