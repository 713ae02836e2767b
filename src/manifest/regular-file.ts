import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** The maximum size of a manifest in bytes: 1 MiB, enough for thousands of members. */
export const MAX_BYTES = 1024 * 1024;

/** The flags for reading a file. Without O_NONBLOCK, opening a named pipe would wait for a writer. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** The bytes of a regular file of at most 1 MiB; undefined for anything else, and for a file that can't be read. */
export function readRegularFile(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, READ_FLAGS);
    const status = fstatSync(descriptor);
    return status.isFile() && status.size <= MAX_BYTES ? readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
