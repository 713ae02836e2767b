import type { Fetch } from "./rate-limited-fetch.ts";

/** How long a reader caches a response, so that the resources of one refresh share it. */
const FRESH_MILLISECONDS = 5_000;

/** A resource tried to write during a preview or refresh. This is a bug in tenantry. */
export class WriteRefused extends Error {
  override readonly name = "WriteRefused";
}

/**
 * Refuses every call that could change something before it is sent, so that a preview or refresh can't write.
 *
 * @param isRead whether a call only reads
 */
export function refuseWrites(
  fetch: Fetch,
  isRead: (method: string, url: URL, body: string) => boolean,
): Fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? "" : await request.clone().text();
    const url = new URL(request.url);
    if (!isRead(request.method, url, body))
      throw new WriteRefused(
        `A preview or refresh must not write, but tried ${request.method} ${url.pathname}`,
      );
    return fetch(request);
  };
}

/** Sends equal reads once for all callers at about the same time. For readers only: a writer needs the current state. */
export class ReadCache {
  readonly #answers = new Map<string, Promise<Answer>>();

  share(fetch: Fetch): Fetch {
    return async (input, init) => {
      const request = new Request(input, init);
      const key = `${request.method} ${request.url}\n${request.body === null ? "" : await request.clone().text()}`;
      const answer = this.#answers.get(key) ?? this.#ask(key, fetch(request));
      const { status, headers, text } = await answer;
      return new Response(text === "" ? null : text, { status, headers });
    };
  }

  /** Clears the cache. Called when a run begins. */
  forget(): void {
    this.#answers.clear();
  }

  #ask(key: string, response: Promise<Response>): Promise<Answer> {
    const answer = response.then(
      async (it): Promise<Answer> => ({ status: it.status, headers: it.headers, text: await it.text() }),
    );
    this.#answers.set(key, answer);
    const drop = () => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    };
    // Failures aren't shared with later callers.
    answer.then(({ status }) => (status < 400 ? setTimeout(drop, FRESH_MILLISECONDS).unref() : drop()), drop);
    return answer;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
