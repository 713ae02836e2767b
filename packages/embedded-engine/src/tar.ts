const BLOCK = 512;
const NAME = 100;
const PREFIX = 155;

/** Two empty blocks end an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/**
 * What comes before a file's content: its header, in the first format that POSIX standardized (ustar), as Go's `archive/tar`
 * writes one for a name, mode 0600 and a size.
 *
 * @returns undefined when that format can't hold the name
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */
export function tarHeader(name: string, size: number): Buffer | undefined {
  const parts = splitName(name);
  if (parts === undefined) return undefined;
  const header = Buffer.alloc(BLOCK);
  header.write(parts.name, 0, "latin1");
  header.write(octal(0o600, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  // The sum of all bytes is over a header whose own sum is blank.
  header.fill(" ", 148, 156);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  header.write(octal(0, 7), 329);
  header.write(octal(0, 7), 337);
  header.write(parts.prefix, 345, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

/** What comes after a file's content: it fills its last block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** A long name is divided at one of its slashes, as late as the first part may be. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (Buffer.byteLength(name) !== name.length) return undefined;
  if (name.length <= NAME) return { name, prefix: "" };
  const slash = name.slice(0, PREFIX + 1).lastIndexOf("/");
  const rest = name.slice(slash + 1);
  return slash <= 0 || rest === "" || rest.length > NAME
    ? undefined
    : { name: rest, prefix: name.slice(0, slash) };
}

function octal(number: number, digits: number): string {
  return number.toString(8).padStart(digits, "0");
}
