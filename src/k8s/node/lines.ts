/**
 * What the pod on a benched node says, one JSON object a line of its standard output, and all that it says: nobody writes to it. The record goes
 * out in it word for word, so that its digest chain tells whether what arrived is whole.
 *
 *     {"tare":"preflight", ...}                                       once, first: what of the node decides whether and how it is measured
 *     {"tare":"want","agent":"daemonset:NS/NAME","state":"off","turn":1,"within":120}
 *     {"tare":"seen","agent":"daemonset:NS/NAME","state":"off","turn":1}
 *     {"tare":"record","index":0,"text":"{...}"}                      one line of the record, as it is in its file
 *     {"tare":"packed","index":1,"count":3,"gzip":"..."}              several of them, or one that is long
 *     {"tare":"done","exitCode":0,"blocks":12,"said":"..."}           once, last
 *
 * A pod's log holds its standard error too, and a follower that was cut off begins anywhere: what is no such line is a note, and one that
 * is cut is told as damaged.
 */
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { checkedJson, type From } from "../../domain/schema.ts";
import { Count, NumberReading, TextReading } from "../../domain/units.ts";

/** Bumped where a reader of the one before would misread it. */
export const PROTOCOL = 1;

/** `daemonset:NAMESPACE/NAME`, as `--attach` takes it. */
const AgentName = z.string().regex(/^daemonset:[a-z0-9.-]+\/[a-z0-9.-]+$/);

export const AgentState = z.enum(["off", "on"]).meta({
  id: "agentState",
  description:
    "As the node sees it. `off`: no process in the control groups of its pods, and none of its BPF programs, links or pins. `on`: its processes run; the run proves the rest by a sentinel in its output.",
});
export type AgentState = From<typeof AgentState>;

const Pod = z.object({
  name: z.string(),
  uid: z.string(),
  processes: Count,
  programs: z.array(z.string()).describe("The names of its programs, each once."),
});

const SeenAgent = z.object({
  agent: AgentName,
  product: z.string().nullable().describe("The agent that tare knows it as; null: none."),
  version: TextReading,
  pods: z.array(Pod).describe("Of it on this node; more than one while one is being replaced."),
  outputs: z.array(z.string()).describe("Files in which tare looks for its events."),
});
export type SeenAgent = From<typeof SeenAgent>;

export const Preflight = z.object({
  tare: z.literal("preflight"),
  protocol: z.literal(PROTOCOL),
  bench: z.string().nullable().describe("Its id; null: none was given."),
  node: z.string().nullable().describe("Its name in the cluster; null: none was given."),
  version: z.string().describe("Of tare."),
  architecture: z.string().describe("As `uname -m` tells it."),
  kernel: z.string(),
  btf: z.boolean().describe("Whether the kernel brings its types (/sys/kernel/btf/vmlinux)."),
  lockdown: TextReading.describe("none, integrity or confidentiality."),
  cgroup: z.enum(["v1", "v2", "none"]).describe("Of which version the agents' CPU time is read."),
  capabilities: z.array(z.string()).describe("The effective ones of this pod, such as CAP_BPF."),
  seccomp: TextReading.describe("Of this pod, and so of the workload: off, strict or filter."),
  cpus: z.array(Count).describe("Those that it may run on, by number."),
  nodeCpus: NumberReading.describe("How many the node has."),
  freeBytes: NumberReading.describe("Of the disk on which the workload's files and the record lie."),
  agents: z.array(SeenAgent),
  lacking: z
    .array(z.object({ what: z.string(), hint: z.string() }))
    .describe("What keeps the node from being measured as asked; empty: nothing."),
});
export type Preflight = From<typeof Preflight>;

const ofWish = {
  agent: AgentName,
  state: AgentState,
  turn: Count.describe("Which wish of this pod it is, from 1."),
};

const Want = z.object({
  tare: z.literal("want"),
  ...ofWish,
  within: z.number().positive().describe("Seconds after which the pod gives it up."),
  unkept: z
    .object({
      turn: Count.describe("The wish to have it off that is over now."),
      back: z.array(z.string()).min(1).describe("What of it was there again."),
    })
    .exactOptional()
    .describe("Of a wish to have it on. Absent: it was off to the end."),
});
const Seen = z.object({ tare: z.literal("seen"), ...ofWish });

const RecordText = z.object({
  tare: z.literal("record"),
  index: Count.describe("Which line of the record, from 0."),
  text: z.string().describe("Exactly as in its file, without the line's end."),
});

const Packed = z.object({
  tare: z.literal("packed"),
  index: Count.describe("Of the first of them."),
  count: z.int().min(1),
  gzip: z.base64().describe("The lines, joined by line feeds."),
});

const Done = z.object({
  tare: z.literal("done"),
  exitCode: z.int().min(0).max(255).describe("As of `tare run`."),
  blocks: Count.describe("Whole ones in the record."),
  said: z.string().describe("The last that a user would read."),
});

export const NodeLine = z.discriminatedUnion("tare", [Preflight, Want, Seen, RecordText, Packed, Done]);
export type NodeLine = From<typeof NodeLine>;
export type Wish = Extract<NodeLine, { readonly tare: "want" }>;

/** What a line of a pod's log is. `lines`: of the record, from `index` on. */
export type ReadLine =
  | { readonly kind: "said"; readonly line: Exclude<NodeLine, { readonly tare: "record" | "packed" }> }
  | { readonly kind: "lines"; readonly index: number; readonly lines: readonly string[] }
  /** Of standard error, or of a container runtime. */
  | { readonly kind: "note"; readonly text: string }
  /** Begins as one of these and is none: cut, or torn apart by a note. To be asked for again. */
  | { readonly kind: "damaged"; readonly why: string };

const BEGINNING = '{"tare":';

/** As JSON.stringify writes it: what names the line comes first. */
export const writeNodeLine = ({ tare, ...rest }: NodeLine): string => JSON.stringify({ tare, ...rest });

/** Never throws. */
export const readNodeLine = (text: string): ReadLine => {
  if (!text.startsWith(BEGINNING)) return { kind: "note", text };
  const read = checkedJson(NodeLine, text, "the line");
  if (read.kind === "fault") return { kind: "damaged", why: read.what };
  const line = read.content;
  switch (line.tare) {
    case "record":
      return { kind: "lines", index: line.index, lines: [line.text] };
    case "packed":
      return unpacked(line);
    case "preflight":
    case "want":
    case "seen":
    case "done":
      return { kind: "said", line };
  }
};

/**
 * A container runtime cuts longer lines into pieces that the log's reader puts together again, unless one of standard error came between
 * them: a record's line that is longer goes out packed.
 */
const MAX_PLAIN_BYTES = 8 * 1024;
/** Several lines together are packed ten to one; nothing that a pod prints unpacks to more. */
const MAX_UNPACKED_BYTES = 1 << 26;

/** The lines of a record, the first of which is its line `index`. */
export const recordText = (index: number, text: string): string => {
  const plain = writeNodeLine({ tare: "record", index, text });
  return Buffer.byteLength(plain) <= MAX_PLAIN_BYTES ? plain : packedText(index, [text]);
};

export const packedText = (index: number, lines: readonly string[]): string =>
  writeNodeLine({
    tare: "packed",
    index,
    count: lines.length,
    gzip: gzipSync(lines.join("\n"), { level: 9 }).toString("base64"),
  });

const unpacked = ({ index, count, gzip }: Extract<NodeLine, { readonly tare: "packed" }>): ReadLine => {
  let text: string;
  try {
    text = gunzipSync(Buffer.from(gzip, "base64"), { maxOutputLength: MAX_UNPACKED_BYTES }).toString();
  } catch (error) {
    return { kind: "damaged", why: `line ${index} and those after it cannot be unpacked: ${String(error)}` };
  }
  const lines = text.split("\n");
  return lines.length === count
    ? { kind: "lines", index, lines }
    : { kind: "damaged", why: `line ${index} is packed with ${lines.length} lines, and says ${count}` };
};
