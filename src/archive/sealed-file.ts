import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";

/**
 * A file of lines that only the holder of the root secret can read or could have written: gzip, then AES-256-GCM.
 *
 * `TENANTRY-ARCHIVE-1\n`, 12 bytes of nonce, the ciphertext, 16 bytes of authentication tag.
 */
const MAGIC = Buffer.from("TENANTRY-ARCHIVE-1\n");
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + NONCE_BYTES;

/** Writes the lines, each without its end. Where that fails, no file is left; whoever is killed leaves its beginning. */
export async function writeSealed(
  file: string,
  key: Secret,
  lines: AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await pipeline(
      ended(lines),
      createGzip(),
      sealer(key),
      // Never through a link that somebody else put there.
      createWriteStream(file, { mode: 0o600, flags: "wx", flush: true }),
      { signal },
    );
  } catch (error) {
    // What was there before isn't ours to remove.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") await rm(file, { force: true });
    throw error;
  }
}

/**
 * Reads the lines in their order. What was read counts only when the promise is fulfilled: the seal is at the end.
 *
 * @throws UserError when the file isn't whole, was changed, or was sealed with another secret
 */
export async function readSealed<T>(
  file: string,
  key: Secret,
  read: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<T> {
  const { nonce, tag, end } = await frameOf(file);
  const decipher = createDecipheriv("aes-256-gcm", keyBytes(key), nonce).setAuthTag(tag);
  const body = createReadStream(file, { start: HEAD_BYTES, end });
  let reading: Promise<T> | undefined;
  let broken = false;
  try {
    await pipeline(body, decipher, createGunzip(), (text: AsyncIterable<Uint8Array>) => {
      reading = read(linesOf(text, () => (broken = true)));
      return reading;
    });
  } catch (cause) {
    // A reader that objects to what it reads ends the file's stream, which then has an error of its own.
    const [own] = await Promise.allSettled([reading]);
    if (own?.status === "rejected" && !broken) throw own.reason;
    throw unreadable(file, cause);
  }
  if (reading === undefined) throw new Error("a pipeline ended without its last part");
  return reading;
}

export async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function sealer(key: Secret): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", keyBytes(key), nonce);
    yield Buffer.concat([MAGIC, nonce]);
    for await (const chunk of source) yield cipher.update(chunk);
    yield Buffer.concat([cipher.final(), cipher.getAuthTag()]);
  };
}

async function frameOf(file: string): Promise<{ nonce: Buffer; tag: Buffer; end: number }> {
  // Opening a pipe would wait for whoever writes to it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw unreadable(file, new Error("no regular file"));
    const { size } = stats;
    const head = Buffer.alloc(HEAD_BYTES);
    const tag = Buffer.alloc(TAG_BYTES);
    await handle.read(head, 0, HEAD_BYTES, 0);
    if (size <= HEAD_BYTES + TAG_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC))
      throw unreadable(file, new Error("no archive of tenantry, or only its beginning"));
    await handle.read(tag, 0, TAG_BYTES, size - TAG_BYTES);
    return { nonce: head.subarray(MAGIC.length), tag, end: size - TAG_BYTES - 1 };
  } finally {
    await handle.close();
  }
}

function keyBytes(key: Secret): Buffer {
  return Buffer.from(key.reveal(), "base64url");
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/**
 * Node's own reader of lines takes other characters for ends of lines too.
 *
 * @param failed is told when it was the source that failed, and not who reads
 */
async function* linesOf(source: AsyncIterable<Uint8Array>, failed: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of reporting(source, failed)) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function* reporting<T>(source: AsyncIterable<T>, failed: () => void): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch((error: unknown) => {
      failed();
      throw error;
    });
    if (next.done === true) return;
    yield next.value;
  }
}

function unreadable(file: string, cause: unknown): UserError {
  return new UserError(`${file} can't be read: it isn't whole, or was sealed with another secret.`, {
    remedy:
      "Use the TENANTRY_ROOT_SECRET that it was made with, and another copy of the file if there is one.",
    cause,
  });
}
