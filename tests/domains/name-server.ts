import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";

const TXT = 16;
const FAILED = 2;
const NO_SUCH_NAME = 3;

/** A name server for TXT records on 127.0.0.1. */
export interface NameServer {
  /** The address, for a resolver. */
  readonly address: string;
  /** The values by name. Other names don't exist; `"fails"` makes the server fail. */
  readonly records: Map<string, readonly string[] | "fails">;
  /** The names that were looked up. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** @see https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export async function startNameServer(): Promise<NameServer> {
  const records: NameServer["records"] = new Map();
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const question = questionIn(query);
    asked.push(question.name);
    const texts = records.get(question.name);
    const code = texts === "fails" ? FAILED : texts === undefined ? NO_SUCH_NAME : 0;
    const answers = Array.isArray(texts) ? texts.map(txtAnswer) : [];
    socket.send(
      Buffer.concat([header(query, code, answers.length), question.bytes, ...answers]),
      port,
      address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    records,
    asked,
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

function header(query: Buffer, code: number, answers: number): Buffer {
  const bytes = Buffer.alloc(12);
  query.copy(bytes, 0, 0, 2);
  // A response, by an authority, to a query that may recurse.
  bytes.writeUInt16BE(0x8580 | code, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function questionIn(query: Buffer): { name: string; bytes: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("ascii", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), bytes: query.subarray(12, at + 5) };
}

/** The name is a pointer to the question's name. Values are split into chunks of at most 255 bytes. */
function txtAnswer(text: string): Buffer {
  const chunks = (text.match(/[\s\S]{1,255}/g) ?? []).map((chunk) =>
    Buffer.concat([Buffer.from([chunk.length]), Buffer.from(chunk)]),
  );
  const data = Buffer.concat(chunks);
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(TXT, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(60, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}
