// The parts of PostgreSQL's protocol, version 3, that a pooler needs:
// https://www.postgresql.org/docs/17/protocol-message-formats.html

/** A message with its one-letter type. `bytes` is the whole message, including its header. */
export interface Message {
  readonly type: string;
  readonly bytes: Buffer;
  readonly payload: Buffer;
}

export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

/** Splits a byte stream into messages, and buffers incomplete ones. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    while (this.#rest.length >= 5) {
      const end = 1 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) break;
      const bytes = this.#rest.subarray(0, end);
      messages.push({ type: String.fromCharCode(bytes[0] ?? 0), bytes, payload: bytes.subarray(5) });
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }
}

/** Takes the first packet of a connection, which has no type. Returns undefined until the packet is complete. */
export function takeStartup(buffer: Buffer): { code: number; payload: Buffer; rest: Buffer } | undefined {
  if (buffer.length < 8) return undefined;
  const length = buffer.readUInt32BE(0);
  if (buffer.length < length) return undefined;
  return { code: buffer.readUInt32BE(4), payload: buffer.subarray(8, length), rest: buffer.subarray(length) };
}

/** Reads the parameters of a startup packet, such as `user`, `database` and `options`. */
export function startupParameters(payload: Buffer): Map<string, string> {
  const words = payload.toString("utf8").split("\0");
  const parameters = new Map<string, string>();
  for (let index = 0; index + 1 < words.length && words[index] !== ""; index += 2)
    parameters.set(words[index] ?? "", words[index + 1] ?? "");
  return parameters;
}

export function startupPacket(parameters: ReadonlyMap<string, string>): Buffer {
  const words = [...parameters].flat().map((word) => `${word}\0`);
  const payload = Buffer.from(`${words.join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + payload.length, 0);
  head.writeUInt32BE(196_608, 4);
  return Buffer.concat([head, payload]);
}

export function message(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(4 + payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** An authentication message. Code 0 means success, 10 offers SASL mechanisms, 11 continues and 12 completes the exchange. */
export function authentication(code: number, data = ""): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(code, 0);
  return message("R", Buffer.concat([head, Buffer.from(data)]));
}

export function fatal(code: string, text: string): Buffer {
  const fields = ["SFATAL", "VFATAL", `C${code}`, `M${text}`].map((field) => `${field}\0`);
  return message("E", Buffer.from(`${fields.join("")}\0`));
}

/** Reads up to `count` null-terminated strings, such as the name and the SQL text of a `Parse` message. */
export function texts(payload: Buffer, count: number): string[] {
  const found: string[] = [];
  let start = 0;
  while (found.length < count) {
    const end = payload.indexOf(0, start);
    if (end < 0) break;
    found.push(payload.toString("utf8", start, end));
    start = end + 1;
  }
  return found;
}
