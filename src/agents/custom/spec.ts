/** What a custom agent's file says, as its schema (`schema.json`) lets it through. Keys are those of the file. */
import type { Agent } from "../../domain/agent.ts";
import type { Signal } from "../../domain/host.ts";
import type { Family } from "../../domain/units.ts";

export interface CustomSpec {
  readonly id: string;
  readonly title: string;
  readonly homepage?: string;
  readonly observes: readonly Family[];
  readonly "blind-spots": readonly string[];
  readonly overload: Agent["overload"];
  readonly "uses-audit"?: boolean;
  readonly "events-optional"?: boolean;
  readonly needs?: {
    readonly root?: boolean;
    readonly btf?: boolean;
    readonly commands?: readonly string[];
    readonly tracepoints?: readonly string[];
  };
  readonly version?: { readonly command: Command; readonly pattern: string };
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  readonly start: { readonly command: Command; readonly env?: Readonly<Record<string, string>> };
  readonly ready?: { readonly output: string; readonly pattern: string; readonly seconds?: number };
  readonly events?: readonly EventsSpec[];
  readonly loss?: LossSpec;
  readonly stop: { readonly signals: readonly Signal[]; readonly "grace-seconds": number };
  readonly buffers?: { readonly usual: Values; readonly smallest: Values };
  readonly settings?: Values;
}

/** A program and its arguments, which no shell sees. */
export type Command = readonly string[];

export type Values = Readonly<Record<string, string>>;

export interface EventsSpec {
  /** `stdout`, `stderr` or a path. */
  readonly output: string;
  readonly exec?: TextForm;
  readonly file?: TextForm;
  readonly "high-value"?: TextForm;
  readonly network?: { readonly ipv4: string } | { readonly sockaddr: string };
}

/** The token as it is, or in hexadecimal digits. */
export type TextForm = "text" | "hex";

/** Either `output` or `command` is there. */
export interface LossSpec {
  readonly output?: string;
  readonly command?: Command;
  readonly pattern: string;
  readonly as: "sum" | "last";
  readonly nudge?: boolean;
}
