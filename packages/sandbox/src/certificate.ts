import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A private key and its certificate, both as PEM. */
interface Certified {
  readonly key: string;
  readonly certificate: string;
}

const VALID_MILLISECONDS = 10 * 365 * 24 * 60 * 60 * 1000;

/**
 * Creates a TLS key and a self-signed certificate for this machine. A client that trusts the certificate trusts only this key.
 *
 * Node.js can't create certificates, and not every machine has `openssl`, so this writes the DER encoding itself.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function selfSigned(now: number): Certified {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  const name = sequence(set(sequence(objectId("550403"), utf8("local sandbox"))));
  const body = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now - 60_000), time(now + VALID_MILLISECONDS)),
    name,
    keyInfo,
    explicit(3, sequence(...extensions(keyInfo))),
  );
  const signature = sign("sha256", body, { key: privateKey, dsaEncoding: "der" });
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: pem(certificate),
  };
}

/** Valid for 127.0.0.1, ::1 and localhost. Marked as a certificate authority so that it can be the root of its own chain. */
function extensions(keyInfo: Buffer): Buffer[] {
  const loopback = Buffer.concat([Buffer.alloc(15), Buffer.of(1)]);
  const names = sequence(
    tagged(0x82, Buffer.from("localhost")),
    tagged(0x87, Buffer.of(127, 0, 0, 1)),
    tagged(0x87, loopback),
  );
  const keyId = createHash("sha1").update(keyInfo).digest();
  return [
    sequence(objectId("551d13"), TRUE, octets(sequence(TRUE))),
    sequence(objectId("551d0e"), octets(octets(keyId))),
    sequence(objectId("551d11"), octets(names)),
  ];
}

function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  return Buffer.concat([Buffer.of(tag, 0x82, body.length >> 8, body.length & 0xff), body]);
}

const sequence = (...content: readonly Buffer[]): Buffer => tagged(0x30, ...content);
const set = (...content: readonly Buffer[]): Buffer => tagged(0x31, ...content);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const octets = (bytes: Buffer): Buffer => tagged(0x04, bytes);
const bits = (bytes: Buffer): Buffer => tagged(0x03, Buffer.of(0), bytes);
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
const explicit = (number: number, content: Buffer): Buffer => tagged(0xa0 + number, content);
const objectId = (hexadecimal: string): Buffer => tagged(0x06, Buffer.from(hexadecimal, "hex"));
const time = (at: number): Buffer =>
  tagged(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]|\.\d+/g, "")}`));

const TRUE = Buffer.of(0x01, 0x01, 0xff);
const ECDSA_WITH_SHA256 = sequence(objectId("2a8648ce3d040302"));

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
