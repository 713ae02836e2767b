import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename } from "node:path";
import { isBelow } from "../shared/real-path.ts";
import { type Diagnostic, fileError } from "./diagnostic.ts";
import { MAX_BYTES, READ_FLAGS } from "./regular-file.ts";

/**
 * Reads a regular file in UTF-8 of at most 1 MiB that is really inside `folder`.
 *
 * It is synchronous, because that is several times faster for thousands of small files.
 */
export function readText(file: string, folder: string): { text: string } | { error: Diagnostic } {
  let descriptor: number | undefined;
  try {
    const opened = open(file, folder);
    if (opened === undefined) return { error: foreignLink(file) };
    descriptor = opened;
    const status = fstatSync(descriptor);
    if (!status.isFile()) return { error: notAFile(file, status.isDirectory()) };
    if (status.size > MAX_BYTES) return { error: tooLarge(file, status.size) };
    return decode(readUpTo(descriptor, status.size), file);
  } catch (error) {
    return { error: unreadable(file, error as NodeJS.ErrnoException) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Whether the path is a folder, or a link to one. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOTDIR") return false;
    throw error;
  }
}

/**
 * Opens a file for reading. Undefined if the file, or a folder in its path, is a link that leads out of `folder`, because an excerpt
 * could show a file that the reader has no access to.
 */
function open(file: string, folder: string): number | undefined {
  const target = realpathSync.native(file);
  if (!isBelow(target, realpathSync.native(folder))) return undefined;
  return openSync(target, READ_FLAGS | constants.O_NOFOLLOW);
}

/** Reads up to the size that the file had when it was opened, so that a growing file can't exceed the limit. */
function readUpTo(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer, file: string): { text: string } | { error: Diagnostic } {
  try {
    return { text: UTF8.decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return {
      error: fileError("utf-8", file, {
        message: "the file isn't UTF-8",
        expected: "text in UTF-8",
        found: utf16 ? "UTF-16" : "bytes that aren't valid UTF-8",
        remedy: "save it as UTF-8",
      }),
    };
  }
}

function foreignLink(file: string): Diagnostic {
  return fileError("regular-file", file, {
    message: "the file is a link that leads out of its platform's folder",
    expected: "a file within the folder",
    found: "a symbolic link",
    remedy: "move the file here",
  });
}

function notAFile(file: string, folder: boolean): Diagnostic {
  return fileError("regular-file", file, {
    message: `\`${basename(file)}\` isn't a file`,
    expected: "a regular file",
    found: folder ? "a folder" : "a device, pipe or socket",
    remedy: "rename or remove it",
  });
}

function tooLarge(file: string, size: number): Diagnostic {
  return fileError("file-size", file, {
    message: "the file is too large for a manifest",
    expected: "at most 1 MiB",
    found: `${(size / MAX_BYTES).toFixed(1)} MiB`,
    remedy: "remove data from the manifest; store it in the workspace's database",
  });
}

function unreadable(file: string, error: NodeJS.ErrnoException): Diagnostic {
  if (error.code === "ENOENT") {
    const platform = basename(file) === "platform.yaml";
    return fileError("missing-file", file, {
      message: platform ? "the platform's manifest is missing" : `there is no file ${file}`,
      expected: platform ? "a `platform.yaml` of kind Platform in the platform's folder" : "a manifest",
      found: "no file",
      remedy: platform
        ? "add `platform.yaml`, or name another platform's folder"
        : "create the file, or correct its name",
    });
  }
  if (error.code === undefined) throw error;
  const loop = error.code === "ELOOP";
  return fileError("unreadable-file", file, {
    message: loop
      ? "the file is a link that leads back to itself"
      : `the file can't be read: ${error.message}`,
    expected: "a file that can be read",
    found: error.code,
    remedy: loop ? "move the file here" : "correct its permissions, or remove it",
  });
}
