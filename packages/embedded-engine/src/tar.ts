const BLOCK = 512;
const NAME = 100;
const PREFIX = 155;

/** The end of an archive: two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/**
 * The header of a file in the ustar format, as Go's `archive/tar` writes it for a name, mode 0600 and a size.
 *
 * @returns undefined if the format can't represent the name
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
  // The checksum is computed with a checksum field of spaces.
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

/** The padding after a file's content, up to the end of its last block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Splits a long name at the last slash for which the prefix fits. */
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
