import { createCipheriv, createDecipheriv, createHash, type DecipherGCM, randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { UserError } from "@tenantry/core/errors";
import type { ArchiveKey } from "../shared/derive.ts";

/**
 * A file of lines, compressed with gzip and encrypted with AES-256-GCM, that only holders of the root secret can read or write.
 *
 * Format: `TENANTRY-ARCHIVE-2\n`, the fingerprint of the root secret and `\n`, 12 bytes of nonce, the ciphertext, 16 bytes of
 * authentication tag. The part before the nonce is authenticated too. Version 1 has no fingerprint, and authenticates only
 * the ciphertext.
 */
const HEAD = /^TENANTRY-ARCHIVE-2\n([0-9a-f]{8})\n/;
const FIRST_HEAD = /^TENANTRY-ARCHIVE-1\n/;
const LONGEST_HEAD = 28;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The first bytes of gzip's output: magic number, method and flags. */
const GZIP = Buffer.from([0x1f, 0x8b, 8, 0]);

/** Writes lines to a new file. Removes the file on failure; a killed process leaves it incomplete. */
export async function writeSealed(
  file: string,
  key: ArchiveKey,
  lines: AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await pipeline(
      ended(lines),
      createGzip(),
      sealer(key),
      // `wx`: never write through a link that another program created.
      createWriteStream(file, { mode: 0o600, flags: "wx", flush: true }),
      { signal },
    );
  } catch (error) {
    // An existing file isn't ours to remove.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") await rm(file, { force: true });
    throw error;
  }
}

/**
 * Reads the lines in order. They are authentic only once the promise is fulfilled, because the authentication tag is at the end.
 *
 * @param keys the possible keys of the file
 * @throws UserError if the file is incomplete, was changed, or has another key
 */
export async function readSealed<T>(
  file: string,
  keys: readonly ArchiveKey[],
  read: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<T> {
  const frame = await frameOf(file);
  const decipher = decipherOf(frame, keyFor(file, frame, keys)).setAuthTag(frame.tag);
  const body = createReadStream(file, { start: frame.start, end: frame.end });
  let reading: Promise<T> | undefined;
  let broken = false;
  try {
    await pipeline(body, decipher, createGunzip(), (text: AsyncIterable<Uint8Array>) => {
      reading = read(linesOf(text, () => (broken = true)));
      return reading;
    });
  } catch (cause) {
    // An error of the reader also breaks the file's stream. Throw the reader's own error.
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

function sealer(key: ArchiveKey): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    const nonce = randomBytes(NONCE_BYTES);
    const head = Buffer.from(`TENANTRY-ARCHIVE-2\n${key.id}\n`);
    const cipher = createCipheriv("aes-256-gcm", keyBytes(key), nonce).setAAD(head);
    yield Buffer.concat([head, nonce]);
    for await (const chunk of source) yield cipher.update(chunk);
    yield Buffer.concat([cipher.final(), cipher.getAuthTag()]);
  };
}

/** The parts of a file except its ciphertext. */
interface Frame {
  readonly head: Buffer;
  /** The fingerprint of the root secret; undefined in version 1. */
  readonly keyId: string | undefined;
  readonly nonce: Buffer;
  /** The first and the last byte of the ciphertext. */
  readonly start: number;
  readonly end: number;
  readonly beginning: Buffer;
  readonly tag: Buffer;
}

async function frameOf(file: string): Promise<Frame> {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === undefined ? error : notOpened(file, error);
    },
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw unreadable(file, new Error("not a regular file"));
    const { size } = stats;
    const first = Buffer.alloc(LONGEST_HEAD + NONCE_BYTES + GZIP.length);
    await handle.read(first, 0, first.length, 0);
    const found = headIn(first.toString("latin1"));
    const head = first.subarray(0, found?.[0].length ?? 0);
    const start = head.length + NONCE_BYTES;
    if (found === null || size <= start + TAG_BYTES)
      throw unreadable(file, new Error("not a tenantry archive, or incomplete"));
    const tag = Buffer.alloc(TAG_BYTES);
    await handle.read(tag, 0, TAG_BYTES, size - TAG_BYTES);
    return {
      head,
      keyId: found[1],
      nonce: first.subarray(head.length, start),
      start,
      end: size - TAG_BYTES - 1,
      beginning: first.subarray(start, start + GZIP.length),
      tag,
    };
  } finally {
    await handle.close();
  }
}

function headIn(text: string): RegExpExecArray | null {
  return HEAD.exec(text) ?? FIRST_HEAD.exec(text);
}

/** Finds the key by the fingerprint; in version 1, by decrypting the first bytes. */
function keyFor(file: string, frame: Frame, keys: readonly ArchiveKey[]): ArchiveKey {
  const { keyId, beginning } = frame;
  const found = keys.find((key) =>
    keyId === undefined ? decipherOf(frame, key).update(beginning).equals(GZIP) : key.id === keyId,
  );
  if (found === undefined) throw unreadable(file, new Error("none of the keys matches"), keyId);
  return found;
}

function decipherOf({ head, keyId, nonce }: Frame, key: ArchiveKey): DecipherGCM {
  const decipher = createDecipheriv("aes-256-gcm", keyBytes(key), nonce);
  return keyId === undefined ? decipher : decipher.setAAD(head);
}

function keyBytes({ secret }: ArchiveKey): Buffer {
  return Buffer.from(secret.reveal(), "base64url");
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/**
 * Splits at `\n` only, unlike Node.js's readline.
 *
 * @param failed called if the source fails, as opposed to the consumer
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

function notOpened(file: string, cause: NodeJS.ErrnoException): UserError {
  const what =
    cause.code === "ENOENT" ? `There is no archive ${file}.` : `${file} can't be opened: ${cause.message}.`;
  return new UserError(what, {
    remedy: "Name an archive file by its path, relative to the current folder or to TENANTRY_ARCHIVES.",
    cause,
  });
}

/** @param keyId the fingerprint of the missing root secret, if that is the problem */
function unreadable(file: string, cause: unknown, keyId?: string): UserError {
  if (keyId !== undefined)
    return new UserError(
      `${file} can't be read: it is encrypted with the root secret ${keyId}, which this run doesn't have.`,
      {
        remedy: "Add that secret to TENANTRY_ROOT_SECRET_PREVIOUS, on a separate line.",
        cause,
      },
    );
  return new UserError(`${file} can't be read: it is damaged, or encrypted with another root secret.`, {
    remedy:
      "Add the root secret that it was written with to TENANTRY_ROOT_SECRET_PREVIOUS. If the file is damaged, use another copy.",
    cause,
  });
}
