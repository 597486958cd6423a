/**
 * How a token looks in an agent's bytes, and how to read one there (see `docs/driver-protocol.md` for what a token is).
 *
 * A reader is asked only where its `needle` was found, so the hot search stays with the native `indexOf` and the
 * code here runs once a candidate. It reports through its own fields instead of an object: one allocation for each event
 * would cost more than all the rest.
 */
import { Buffer } from "node:buffer";
import type { TokenForm } from "../domain/agent.ts";
import type { TokenPlace } from "../domain/scenario.ts";

export const READ = { nothing: 0, token: 1, unfinished: 2 } as const;
export type Read = (typeof READ)[keyof typeof READ];

export interface TokenReader {
  /** The bytes that every token of this form starts with. Holds no line end. */
  readonly needle: Buffer;
  /**
   * Reads the token whose needle ends at `at`; bytes from `end` on do not exist yet. `unfinished`: all bytes so far
   * are those of a token, ask again with more of them.
   */
  read(bytes: Uint8Array, at: number, end: number): Read;
  /** After `token`: the trial as this form carries it; compare with `trialInForm`. */
  trial: number;
  operation: number;
  /** After `token`: the first byte behind it. */
  next: number;
}

const LINE_END = 0x0a;
const DOT = 0x2e;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isAlphanumeric = (byte: number): boolean =>
  isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

/** The value of a lower-case hexadecimal digit, -1 for any other byte. */
const lowerHex = (byte: number): number => {
  if (isDigit(byte)) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x61 + 10 : -1;
};
/** The same in either case: audit writes upper case, and no product is bound to. */
const anyHex = (byte: number): number => lowerHex(byte >= 0x41 && byte <= 0x46 ? byte + 0x20 : byte);

/** `read` is given the reader itself, for what it found. */
const readerOf = (
  needle: string,
  read: (token: TokenReader, bytes: Uint8Array, at: number, end: number) => Read,
): TokenReader => {
  const reader: TokenReader = {
    needle: Buffer.from(needle),
    trial: 0,
    operation: 0,
    next: 0,
    read: (bytes, at, end) => read(reader, bytes, at, end),
  };
  return reader;
};

const TRIAL_DIGITS = 4;
const OPERATION_DIGITS = 8;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const HYPHEN = 0x2d;
const PERCENT = 0x25;
/** What a writer of JSON or of URLs may make of a slash, behind any number of backslashes where one text holds another; lower case. */
const SPELLED_SLASHES = ["u002f", "x2f", "%2f"].map((text) => Buffer.from(text));

const lowerCase = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

const NO_SEPARATOR = -1;
const CUT_SEPARATOR = -2;

/** The first byte behind the slash at `from`, however it is spelled. */
const behindSlash = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from;
  while (at < end && bytes[at] === BACKSLASH) at += 1;
  if (at >= end) return CUT_SEPARATOR;
  if (bytes[at] === SLASH) return at + 1;
  for (const spelled of SPELLED_SLASHES) {
    // The first two are escapes, which begin with a backslash.
    if (spelled[0] !== PERCENT && at === from) continue;
    let same = 0;
    while (same < spelled.length && at + same < end && lowerCase(bytes[at + same] ?? 0) === spelled[same])
      same += 1;
    if (same === spelled.length) return at + same;
    if (same > 0 && at + same >= end) return CUT_SEPARATOR;
  }
  return NO_SEPARATOR;
};

const behindHyphen = (bytes: Uint8Array, from: number, end: number): number => {
  if (from >= end) return CUT_SEPARATOR;
  return bytes[from] === HYPHEN ? from + 1 : NO_SEPARATOR;
};

/** `TK-<trial>-<operation>` or `TK-<trial>/<operation>`, ended by a byte that is no letter and no digit. */
const textReader = (separator: "-" | "/"): TokenReader => {
  const behindSeparator = separator === "/" ? behindSlash : behindHyphen;
  return readerOf("TK-", (token, bytes, at, end) => {
    let trial = 0;
    for (let i = at; i < at + TRIAL_DIGITS; i += 1) {
      if (i >= end) return READ.unfinished;
      const digit = lowerHex(bytes[i] ?? 0);
      if (digit < 0) return READ.nothing;
      trial = trial * 16 + digit;
    }
    const first = behindSeparator(bytes, at + TRIAL_DIGITS, end);
    if (first < 0) return first === CUT_SEPARATOR ? READ.unfinished : READ.nothing;
    const next = first + OPERATION_DIGITS;
    let operation = 0;
    for (let i = first; i < next; i += 1) {
      if (i >= end) return READ.unfinished;
      const digit = lowerHex(bytes[i] ?? 0);
      if (digit < 0) return READ.nothing;
      operation = operation * 16 + digit;
    }
    if (next >= end) return READ.unfinished;
    // A ninth digit would make it another number: cut short, or not ours.
    if (isAlphanumeric(bytes[next] ?? 0)) return READ.nothing;
    token.trial = trial;
    token.operation = operation;
    token.next = next;
    return READ.token;
  });
};

/** Digits a byte. */
const HEX_DIGITS = 2;
/** Four digits of the trial, a separator, eight of the operation, and the byte that ends the token. */
const TEXT_BYTES = 14;
/** "TK-" in hexadecimal digits: up to the first of them that has two cases, and the rest. */
const HEX_NEEDLE = "544";
const HEX_REST = "b2d";

/** The text reader's token in hexadecimal digits of either case. Whatever ends the digits ends the token. */
const hexReader = (separator: "-" | "/"): TokenReader => {
  const text = textReader(separator);
  const decoded = new Uint8Array(TEXT_BYTES);
  return readerOf(HEX_NEEDLE, (token, bytes, needleEnd, end) => {
    for (let i = 0; i < HEX_REST.length; i += 1) {
      if (needleEnd + i >= end) return READ.unfinished;
      if (lowerCase(bytes[needleEnd + i] ?? 0) !== HEX_REST.charCodeAt(i)) return READ.nothing;
    }
    const at = needleEnd + HEX_REST.length;
    decoded.fill(0);
    for (let i = 0; i < TEXT_BYTES * HEX_DIGITS; i += HEX_DIGITS) {
      // Not even a first digit may be there when the token was the last on its line.
      if (at + i >= end) return READ.unfinished;
      const high = anyHex(bytes[at + i] ?? 0);
      if (high < 0) break;
      if (at + i + 1 >= end) return READ.unfinished;
      const low = anyHex(bytes[at + i + 1] ?? 0);
      if (low < 0) break;
      decoded[i / HEX_DIGITS] = high * 16 + low;
    }
    const read = text.read(decoded, 0, TEXT_BYTES);
    token.trial = text.trial;
    token.operation = text.operation;
    token.next = at + text.next * HEX_DIGITS;
    return read;
  });
};

/** The 24 bits of 127.a.b.c are `nibble << 20 | operation`. */
const setAddress = (token: TokenReader, bits: number): void => {
  token.trial = bits >>> 20;
  token.operation = bits & 0xf_ffff;
};

/** `127.a.b.c` straight after `before`, ended by a byte that is neither a digit nor a dot. */
const ipv4Reader = (before: string): TokenReader => {
  return readerOf(`${before}127.`, (token, bytes, at, end) => {
    let bits = 0;
    let i = at;
    for (let part = 0; part < 3; part += 1) {
      let octet = 0;
      let digits = 0;
      for (;;) {
        if (i >= end) return READ.unfinished;
        const byte = bytes[i] ?? 0;
        if (!isDigit(byte)) break;
        octet = octet * 10 + byte - 0x30;
        digits += 1;
        if (digits > 3 || octet > 255) return READ.nothing;
        i += 1;
      }
      if (digits === 0) return READ.nothing;
      bits = bits * 256 + octet;
      const isDot = bytes[i] === DOT;
      if (isDot !== part < 2) return READ.nothing;
      if (isDot) i += 1;
    }
    setAddress(token, bits);
    token.next = i;
    return READ.token;
  });
};

/**
 * A sockaddr_in as hexadecimal digits straight after `before`: family 2 in the byte order of a little-endian machine, which
 * every machine that tare supports is, then port and address in network order. What follows (padding) is not looked at.
 */
const sockaddrReader = (before: string): TokenReader => {
  return readerOf(`${before}0200`, (token, bytes, at, end) => {
    let first = 0;
    let bits = 0;
    for (let i = 0; i < 12; i += 1) {
      if (at + i >= end) return READ.unfinished;
      const digit = anyHex(bytes[at + i] ?? 0);
      if (digit < 0) return READ.nothing;
      if (i === 4 || i === 5) first = first * 16 + digit;
      else if (i > 5) bits = bits * 16 + digit;
    }
    if (first !== 127) return READ.nothing;
    setAddress(token, bits);
    token.next = at + 12;
    return READ.token;
  });
};

/**
 * @throws RangeError for a form that a token there cannot have, or a `before` that is empty or spans lines: a mistake in an agent's file.
 */
export const tokenReader = (
  form: Exclude<TokenForm, { kind: "records" }>,
  tokenIn: TokenPlace,
): TokenReader => {
  const isText = form.kind === "text" || form.kind === "hex";
  if (isText === (tokenIn === "address")) {
    throw new RangeError(
      `a token in the ${tokenIn} cannot have the form "${form.kind}": addresses are ipv4 or sockaddr, all others text or hex`,
    );
  }
  const separator = tokenIn === "path" ? "/" : "-";
  if (form.kind === "text") return textReader(separator);
  if (form.kind === "hex") return hexReader(separator);
  if (form.before === "" || form.before.includes(String.fromCharCode(LINE_END))) {
    throw new RangeError(
      `the text before an address is ${JSON.stringify(form.before)}: it must be on the address's line and not empty`,
    );
  }
  return form.kind === "ipv4" ? ipv4Reader(form.before) : sockaddrReader(form.before);
};

/**
 * The part of a trial's four hexadecimal digits that a token carries, as a number: an address has room for one.
 *
 * @throws RangeError when `trial` is not four lower-case hexadecimal digits.
 */
export const trialInForm = (trial: string, tokenIn: TokenPlace): number => {
  if (!/^[0-9a-f]{4}$/.test(trial)) {
    throw new RangeError(`trial "${trial}" is not four lower-case hexadecimal digits`);
  }
  return Number.parseInt(tokenIn === "address" ? trial.slice(3) : trial, 16);
};
