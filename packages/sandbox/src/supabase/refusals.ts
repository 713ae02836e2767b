/** Returns the Management API's response for a rate limit or an internal error. */
export function refusal(status: 429 | 500): Response {
  return status === 429
    ? tooManyRequests(120, 1)
    : Response.json({ message: "Internal server error" }, { status });
}

/** @param reset seconds until the window ends */
export function tooManyRequests(limit: number, reset: number): Response {
  const headers = {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(reset),
  };
  return Response.json({ message: "ThrottlerException: Too Many Requests" }, { status: 429, headers });
}
