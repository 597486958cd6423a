/** The records of audit's log as events: those of one serial number are one, and what is written in hexadecimal digits is spelled out. */
import { ipv6Text } from "../../domain/ipv6.ts";

const SERIAL = / msg=audit\(\d+\.\d+:(\d+)\): /;
/** Names with a space in them, such as "/memfd:x (deleted)", and addresses. */
const ENCODED = /\b(exe|name|comm|cwd|saddr)=([0-9A-F]{8,})\b/g;

const bytesOf = (digits: string): readonly number[] =>
  (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));

const textOf = (bytes: readonly number[]): string =>
  String.fromCharCode(...bytes)
    .replaceAll("\0", " ")
    .trim();

const UNIX = 1;
const IPV4 = 2;
const IPV6 = 10;

const portOf = ([, , high = 0, low = 0]: readonly number[]): number => high * 256 + low;

const groupsOf = (bytes: readonly number[]): readonly number[] =>
  Array.from({ length: 8 }, (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0));

/** A sockaddr as the kernel has it, on a little-endian machine. */
const addressOf = (bytes: readonly number[]): string => {
  const [family] = bytes;
  if (family === UNIX) return textOf(bytes.slice(2));
  if (family === IPV4) return `${bytes.slice(4, 8).join(".")} port ${portOf(bytes)}`;
  return family === IPV6 ? `${ipv6Text(groupsOf(bytes.slice(8, 24)))} port ${portOf(bytes)}` : "";
};

const spelledOut = (record: string): string =>
  record.replaceAll(ENCODED, (_, key: string, digits: string) => {
    const bytes = bytesOf(digits);
    return `${key}="${key === "saddr" ? addressOf(bytes) : textOf(bytes)}"`;
  });

export const auditEvents = (log: string): readonly string[] => {
  const events = new Map<string, string[]>();
  for (const record of log.split("\n")) {
    const serial = SERIAL.exec(record)?.[1];
    if (serial === undefined) continue;
    const records = events.get(serial) ?? [];
    if (records.length === 0) events.set(serial, records);
    records.push(spelledOut(record));
  }
  return [...events.values()].map((records) => records.join("\n"));
};
