import protobuf from "google-protobuf";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

/*
 * google.protobuf.Struct as bytes. The generated class makes several objects for each value, which takes most of the time of a
 * run whose resources have thousands of people.
 *
 * @see https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/struct.proto
 * @see https://protobuf.dev/programming-guides/encoding/
 */

/** A value that a `Struct` can have. */
export type StructValue =
  | null
  | boolean
  | number
  | string
  | readonly StructValue[]
  | { readonly [key: string]: StructValue };

/** The fields of a `Struct`. */
export type StructFields = Readonly<Record<string, StructValue>>;

/** A message that is written from values, without an object for each of them. */
export function structOf(fields: StructFields): struct.Struct {
  return new StructToWrite(fields);
}

/** The values of a message. */
export function fieldsOf(message: struct.Struct): StructFields {
  if (message instanceof StructToWrite) return message.fields;
  if (message instanceof ReceivedStruct) return message.fields;
  return message.toJavaScript() as StructFields;
}

/** Field numbers of a message whose values are `Struct`s, with the functions that set them. */
export type StructSetters<Message> = Readonly<
  Record<number, (message: Message, value: struct.Struct) => void>
>;

/**
 * A parser of messages whose large fields are `Struct`s. These are parsed from their bytes when they are used.
 *
 * @param parse the generated function, which parses the rest
 */
export function parserWithStructs<Message>(
  parse: (bytes: Buffer) => Message,
  setters: StructSetters<Message>,
): (bytes: Buffer) => Message {
  return (bytes) => parseWithStructs(bytes, parse, setters);
}

function parseWithStructs<Message>(
  bytes: Buffer,
  parse: (bytes: Buffer) => Message,
  setters: StructSetters<Message>,
): Message {
  const reader = new Reader(bytes);
  const found: [(message: Message, value: struct.Struct) => void, Buffer][] = [];
  const rest: Buffer[] = [];
  while (!reader.isAtEnd) {
    const start = reader.position;
    const tag = reader.varint();
    const set = setters[tag >>> 3];
    if (set !== undefined && (tag & 7) === DELIMITED) {
      found.push([set, reader.delimited()]);
      continue;
    }
    reader.skip(tag & 7);
    rest.push(reader.bytes.subarray(start, reader.position));
  }
  const message = parse(Buffer.concat(rest));
  for (const [set, value] of found) set(message, new ReceivedStruct(value));
  return message;
}

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/** The tags of the fields of `Struct`, of an entry of its map, of `Value` and of `ListValue`. */
const FIELDS = (1 << 3) | DELIMITED;
const KEY = (1 << 3) | DELIMITED;
const VALUE = (2 << 3) | DELIMITED;
const NULL = (1 << 3) | VARINT;
const NUMBER = (2 << 3) | FIXED_64;
const STRING = (3 << 3) | DELIMITED;
const BOOL = (4 << 3) | VARINT;
const STRUCT = (5 << 3) | DELIMITED;
const LIST = (6 << 3) | DELIMITED;
const ITEMS = (1 << 3) | DELIMITED;

/** Overrides only what the generated code calls when it writes a message. */
class StructToWrite extends struct.Struct {
  readonly fields: StructFields;

  constructor(fields: StructFields) {
    super();
    this.fields = fields;
  }

  override getFieldsMap(): protobuf.Map<string, struct.Value> {
    return new EntriesToWrite(this.fields);
  }

  override toJavaScript(): { [key: string]: struct.JavaScriptValue } {
    return { ...this.fields } as { [key: string]: struct.JavaScriptValue };
  }
}

class EntriesToWrite extends protobuf.Map<string, struct.Value> {
  readonly #fields: StructFields;

  constructor(fields: StructFields) {
    super([]);
    this.#fields = fields;
  }

  override getLength(): number {
    return Object.keys(this.#fields).length;
  }

  override serializeBinary(fieldNumber: number, writer: protobuf.BinaryWriter): void {
    for (const key of Object.keys(this.#fields).sort()) {
      const entry = new Writer();
      entry.entry(key, this.#fields[key]);
      writer.writeBytes(fieldNumber, entry.result());
    }
  }
}

class ReceivedStruct extends struct.Struct {
  readonly #bytes: Buffer;
  #fields: StructFields | undefined;

  constructor(bytes: Buffer) {
    super();
    this.#bytes = bytes;
  }

  get fields(): StructFields {
    this.#fields ??= new Reader(this.#bytes).struct();
    return this.#fields;
  }

  override getFieldsMap(): protobuf.Map<string, struct.Value> {
    return struct.Struct.deserializeBinary(this.#bytes).getFieldsMap();
  }

  override toJavaScript(): { [key: string]: struct.JavaScriptValue } {
    return this.fields as { [key: string]: struct.JavaScriptValue };
  }
}

/** Writes from the end to the start, because the length of a part comes before it. */
class Writer {
  #bytes = Buffer.allocUnsafe(1024);
  #start = this.#bytes.length;

  result(): Uint8Array {
    return this.#bytes.subarray(this.#start);
  }

  get #length(): number {
    return this.#bytes.length - this.#start;
  }

  /** Keys are sorted, as by the generated class, so that equal values have equal bytes. */
  #struct(fields: StructFields): void {
    const keys = Object.keys(fields).sort();
    for (let index = keys.length - 1; index >= 0; index -= 1) {
      const key = keys[index] ?? "";
      this.#part(FIELDS, () => this.entry(key, fields[key]));
    }
  }

  entry(key: string, value: StructValue | undefined): void {
    this.#part(VALUE, () => this.#value(value));
    this.#text(KEY, key);
  }

  #value(value: StructValue | undefined): void {
    if (typeof value === "string") this.#text(STRING, value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#pair(BOOL, value ? 1 : 0);
    else if (value === null) this.#pair(NULL, 0);
    else if (isList(value)) this.#part(LIST, () => this.#list(value));
    else if (typeof value === "object") this.#part(STRUCT, () => this.#struct(value));
    else throw new TypeError(`a message can't contain a value of type ${typeof value}`);
  }

  #list(items: readonly StructValue[]): void {
    for (let index = items.length - 1; index >= 0; index -= 1)
      this.#part(ITEMS, () => this.#value(items[index]));
  }

  #number(value: number): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#bytes.writeDoubleLE(value, this.#start);
    this.#varint(NUMBER);
  }

  #text(tag: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.#reserve(length);
    this.#start -= length;
    this.#bytes.write(text, this.#start);
    this.#pair(tag, length);
  }

  /** Writes a part, then its length and its tag. */
  #part(tag: number, write: () => void): void {
    const before = this.#length;
    write();
    this.#pair(tag, this.#length - before);
  }

  #pair(tag: number, value: number): void {
    this.#varint(value);
    this.#varint(tag);
  }

  #varint(value: number): void {
    let size = 1;
    for (let rest = value >>> 7; rest > 0; rest >>>= 7) size += 1;
    this.#reserve(size);
    this.#start -= size;
    let at = this.#start;
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes[at++] = (rest & 127) | 128;
    this.#bytes[at] = rest;
  }

  #reserve(size: number): void {
    if (this.#start >= size) return;
    const used = this.#length;
    const larger = Buffer.allocUnsafe(2 * (used + size));
    this.#bytes.copy(larger, larger.length - used, this.#start);
    this.#start = larger.length - used;
    this.#bytes = larger;
  }
}

class Reader {
  readonly bytes: Buffer;
  position = 0;
  readonly #end: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#end;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new RangeError("the message is cut off");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  delimited(): Buffer {
    const start = this.#enter();
    return this.bytes.subarray(start.position, this.#leave(start.end));
  }

  skip(kind: number): void {
    if (kind === VARINT) this.varint();
    else if (kind === FIXED_64) this.position += 8;
    else if (kind === FIXED_32) this.position += 4;
    else if (kind === DELIMITED) this.delimited();
    else throw new TypeError(`the message has a field of an unknown kind: ${kind}`);
  }

  struct(end = this.#end): StructFields {
    const entries: [string, StructValue][] = [];
    let isSorted = true;
    while (this.position < end) {
      const tag = this.varint();
      if (tag !== FIELDS) {
        this.skip(tag & 7);
        continue;
      }
      const entry = this.#entry(this.#enter().end);
      isSorted &&= entries.length === 0 || (entries.at(-1)?.[0] ?? "") < entry[0];
      entries.push(entry);
    }
    // Engines written in Go send maps in random order.
    if (!isSorted) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(entries);
  }

  #entry(end: number): [string, StructValue] {
    let key = "";
    let value: StructValue = null;
    while (this.position < end) {
      const tag = this.varint();
      if (tag === KEY) key = this.#text();
      else if (tag === VALUE) value = this.#value(this.#enter().end);
      else this.skip(tag & 7);
    }
    return [key, value];
  }

  #value(end: number): StructValue {
    let value: StructValue = null;
    while (this.position < end) {
      const tag = this.varint();
      if (tag === STRING) value = this.#text();
      else if (tag === BOOL) value = this.varint() === 1;
      else if (tag === NULL) this.varint();
      else if (tag === NUMBER) {
        value = this.bytes.readDoubleLE(this.position);
        this.position += 8;
      } else if (tag === STRUCT) value = this.struct(this.#enter().end);
      else if (tag === LIST) value = this.#list(this.#enter().end);
      else this.skip(tag & 7);
    }
    return value;
  }

  #list(end: number): StructValue[] {
    const items: StructValue[] = [];
    while (this.position < end) {
      const tag = this.varint();
      if (tag === ITEMS) items.push(this.#value(this.#enter().end));
      else this.skip(tag & 7);
    }
    return items;
  }

  #text(): string {
    const { position, end } = this.#enter();
    return this.bytes.toString("utf8", position, this.#leave(end));
  }

  /** Reads the length of a part. */
  #enter(): { readonly position: number; readonly end: number } {
    const end = this.varint() + this.position;
    if (end > this.#end) throw new RangeError("the message is cut off");
    return { position: this.position, end };
  }

  #leave(end: number): number {
    this.position = end;
    return end;
  }
}

function isList(value: StructValue | undefined): value is readonly StructValue[] {
  return Array.isArray(value);
}
