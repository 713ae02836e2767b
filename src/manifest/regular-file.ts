import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** The largest manifest that is read, in bytes: 1 MiB, thousands of members. */
export const MAX_BYTES = 1024 * 1024;

/** Flags to read a file. Without O_NONBLOCK, opening a named pipe waits for a writer. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** The bytes of a regular file of at most 1 MiB; undefined for a pipe, a device, a folder, or what can't be read. */
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
