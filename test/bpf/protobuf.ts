/** Reads the sensor's binary output with the committed schema and somebody else's decoder, into what the same events are in JSON. */
import { join } from "node:path";
import protobuf from "protobufjs";
import { ROOT } from "./sensor.ts";
import type { Json } from "./sensor.ts";

const Event = protobuf.loadSync(join(ROOT, "bpf/events.proto")).lookupType("tare.sensor.Event");

/** The events in the order in which they were written; undefined for an empty message. Throws where the framing does not hold. */
export const decodeEvents = (bytes: Uint8Array): readonly (Json | undefined)[] => {
  const reader = protobuf.Reader.create(bytes);
  const events: (Json | undefined)[] = [];
  while (reader.pos < reader.len) {
    const message = Event.decodeDelimited(reader);
    const event = Event.toObject(message, {
      longs: String,
      enums: String,
      oneofs: true,
      defaults: true,
    }) as Decoded;
    events.push(event.what === undefined ? undefined : asJson(event));
  }
  return events;
};

/** An event from JSON with its addresses as `decodeEvents` shows them: IPv6 has several ways to be written. */
export const comparable = (event: Json): Json =>
  Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      (key === "address" || key === "peer") && typeof value === "string" ? addressBytes(value) : value,
    ]),
  );

type Fields = Readonly<Record<string, unknown>>;
interface Decoded extends Fields {
  readonly what?: string;
}

const isWhole = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** As the sensor writes bytes into JSON: what is no UTF-8 becomes a lone surrogate. */
const text = (value: unknown): string | null => {
  if (!(value instanceof Uint8Array)) return null;
  let said = "";
  for (let at = 0; at < value.length;) {
    const length = [1, 2, 3, 4].find((n) => at + n <= value.length && isWhole(value.subarray(at, at + n)));
    said +=
      length === undefined
        ? String.fromCharCode(0xdc00 | (value[at] ?? 0))
        : Buffer.from(value.subarray(at, at + length)).toString();
    at += length ?? 1;
  }
  return said;
};

/** Numbers of 64 bits come as text, since a JavaScript number does not hold them all. */
const number = (value: unknown): number | null => (value === undefined ? null : Number(value));

const end = (
  value: unknown,
): { readonly address: readonly number[] | null; readonly port: number | null } => {
  const { address, port } = (value ?? {}) as Fields;
  return { address: address instanceof Uint8Array ? [...address] : null, port: number(port) };
};

const familyOf = (address: readonly number[] | null): string | null =>
  address === null ? null : address.length === 4 ? "ipv4" : "ipv6";

const ends = ({ here, peer }: Fields): Fields => {
  const [own, other] = [end(here), end(peer)];
  const { address, port } = own;
  return { family: familyOf(address), address, port, peer: other.address, peerPort: other.port };
};

const integers = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, number(value)]));

/** The keys of a path that the caller gave, those that are there. */
const given = (
  fields: Fields,
  keys: { readonly path: string; readonly given: string; readonly dirfd: string },
): Fields => ({
  [keys.path]: text(fields[keys.path]),
  ...(fields[keys.given] === undefined ? {} : { [keys.given]: text(fields[keys.given]) }),
  ...(fields[keys.dirfd] === undefined ? {} : { [keys.dirfd]: number(fields[keys.dirfd]) }),
});
const PATH = { path: "path", given: "given", dirfd: "dirfd" };
const NEW_PATH = { path: "newPath", given: "newGiven", dirfd: "newDirfd" };

/** Of each message what its keys are in JSON. */
const READERS: Readonly<Record<string, (fields: Fields) => Fields>> = {
  exec: ({ path, file, argv, truncated, cwd, auid, container, namespaces, ...numbers }) => ({
    ...integers(numbers),
    path: text(path),
    file: text(file),
    argv: argv === undefined ? null : (((argv as Fields)["values"] ?? []) as Uint8Array[]).map(text),
    truncated,
    cwd: text(cwd),
    auid: number(auid),
    container: container ?? null,
    namespaces: integers(namespaces as Fields),
  }),
  open: ({ path, dirfd, flags, mode }) => ({
    path: text(path),
    ...(dirfd === undefined ? {} : { dirfd }),
    flags: number(flags),
    ...(mode === undefined ? {} : { mode: number(mode) }),
  }),
  connect: ({ to }) => {
    const { address, port } = end(to);
    return { family: familyOf(address), address, port };
  },
  datagram: ({ to }) => {
    const { address, port } = end(to);
    return { family: familyOf(address), address, port };
  },
  exit: ({ code, signal, core, lifetime }) => ({
    code: number(code),
    signal: number(signal),
    core,
    lifetime: number(lifetime),
  }),
  accept: ends,
  privilege: ({ call, capabilities, ...numbers }) => ({
    ...integers(numbers),
    call,
    capabilities: BigInt(String(capabilities)).toString(16).padStart(16, "0"),
  }),
  bpf: ({ command, kind, name }) => ({ command: number(command), kind: number(kind), name: text(name) }),
  denied: ({ call, action, path }) => ({
    call: String(call).toLowerCase(),
    action: String(action).toLowerCase(),
    path: text(path),
  }),
  write: ({ call, fd, ...path }) => ({ call, ...given(path, PATH), fd: number(fd) }),
  rename: ({ flags, ...paths }) => ({
    ...given(paths, PATH),
    ...given(paths, NEW_PATH),
    flags: number(flags),
  }),
  delete: ({ directory, ...path }) => ({ ...given(path, PATH), directory }),
  flow: ({ sent, received, duration, ...both }) => ({
    ...ends(both),
    sent: number(sent),
    received: number(received),
    duration: number(duration),
  }),
};

/** Those that tell no result in JSON. */
const WITHOUT_RESULT = ["exit", "denied", "flow"];

const asJson = ({ what = "", ...event }: Decoded): Json => ({
  type: what,
  ...integers(
    Object.fromEntries(["time", "pid", "tid", "ppid", "uid", "cgroup"].map((key) => [key, event[key]])),
  ),
  comm: text(event["comm"]),
  ...READERS[what]?.(event[what] as Fields),
  ...(WITHOUT_RESULT.includes(what)
    ? {}
    : {
        ...(event["ioUring"] === true ? { ioUring: true } : {}),
        ret: event["noRet"] === true ? null : event["ret"],
      }),
});

/** As inet_pton(3) has them. */
const addressBytes = (address: string): readonly number[] => {
  if (!address.includes(":")) return address.split(".").map(Number);
  const words = (part: string): readonly number[] =>
    part === ""
      ? []
      : part.split(":").flatMap((word) => {
          if (word.includes(".")) return word.split(".").map(Number);
          const value = Number.parseInt(word, 16);
          return [value >> 8, value & 0xff];
        });
  const [head = "", tail] = address.split("::");
  const [before, after] = [words(head), words(tail ?? "")];
  return [...before, ...Array<number>(16 - before.length - after.length).fill(0), ...after];
};
