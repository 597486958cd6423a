/** What a custom agent's file may say. Keys are those of the file. */
import * as z from "zod";
import { Overload } from "../../domain/agent.ts";
import { messageOf } from "../../domain/errors.ts";
import type { From } from "../../domain/schema.ts";
import { Family } from "../../domain/units.ts";

const text = z.string().min(1);

/** Names of folders and files: the system takes 255 bytes, and tare adds to them. */
const MAX_NAME = 100;

/** A regular expression with exactly so many groups, where that matters. */
const pattern = (groups?: number) =>
  text.superRefine((source, context) => {
    try {
      // An empty alternative always matches, and shows how many groups there are.
      const found = (new RegExp(`${source}|`, "m").exec("")?.length ?? 1) - 1;
      if (groups === undefined || found === groups) return;
      context.addIssue(`needs exactly one group in parentheses, for what is read; it has ${found}`);
    } catch (error) {
      context.addIssue(`is no regular expression: ${messageOf(error)}`);
    }
  });

const Command = z.array(text).min(1).meta({
  id: "command",
  description: "a program and its arguments, which no shell sees",
});
export type Command = From<typeof Command>;

const Values = z
  .record(z.string().regex(/^[a-z][a-zA-Z0-9]*$/), z.string())
  .meta({ id: "values", description: "for placeholders of these names" });
export type Values = From<typeof Values>;

const Output = text.meta({ id: "output", description: "stdout, stderr or a path" });

const TextForm = z.enum(["text", "hex"]).meta({
  id: "textForm",
  description: "the token as it is, or in hexadecimal digits",
});
export type TextForm = From<typeof TextForm>;

const EventsSpec = z
  .strictObject({
    output: Output,
    exec: TextForm.exactOptional(),
    file: TextForm.exactOptional(),
    write: TextForm.exactOptional(),
    rename: TextForm.exactOptional(),
    delete: TextForm.exactOptional(),
    "high-value": TextForm.exactOptional(),
    network: z
      .union(
        [z.strictObject({ ipv4: text }), z.strictObject({ sockaddr: text })],
        'must be { ipv4: "..." } or { sockaddr: "..." }',
      )
      .exactOptional()
      .describe("the text straight before an address, as a dotted one or as audit writes it"),
  })
  .refine((entry) => Object.keys(entry).length > 1, "names no kind of event")
  .meta({ minProperties: 2 });
export type EventsSpec = From<typeof EventsSpec>;

const LossSpec = z
  .strictObject({
    output: Output.exactOptional(),
    command: Command.exactOptional(),
    pattern: pattern(1).describe("a regular expression with one group, which is the count"),
    as: z.enum(["sum", "last"]),
    "per-event": z
      .int()
      .min(1)
      .exactOptional()
      .describe("the most that one lost event adds to the count, where it counts records; 1 where absent"),
    nudge: z.boolean().exactOptional(),
  })
  .refine(
    ({ output, command }) => (output === undefined) !== (command === undefined),
    'needs either "output" or "command", and not both',
  );
export type LossSpec = From<typeof LossSpec>;

export const CustomSpec = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .max(MAX_NAME)
    .describe("its name in every report"),
  title: text,
  homepage: z
    .string()
    .regex(/^https:\/\//)
    .exactOptional(),
  observes: z
    .array(Family)
    .min(1)
    .refine((families) => new Set(families).size === families.length, "names a kind of event twice")
    .meta({ uniqueItems: true, description: "kinds of events that it is to see as configured here" }),
  "blind-spots": z.array(text).min(1).describe("what it cannot see by design, for the reader of a report"),
  overload: Overload.describe("what is lost or waits when it cannot keep up"),
  "uses-audit": z.boolean().exactOptional().describe("it switches the kernel's auditing on"),
  "events-optional": z
    .boolean()
    .exactOptional()
    .describe("where its output tells of no event, measure its cost only"),
  needs: z
    .strictObject({
      root: z.boolean().exactOptional(),
      btf: z.boolean().exactOptional(),
      commands: z.array(text).exactOptional(),
      tracepoints: z.array(z.string().regex(/^sys_(enter|exit)_/)).exactOptional(),
    })
    .exactOptional(),
  version: z.strictObject({ command: Command, pattern: pattern(1) }).exactOptional(),
  files: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
          .max(MAX_NAME),
        text: z.string(),
      }),
    )
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, "names a file twice")
    .exactOptional()
    .describe("written into its directory before it is started"),
  start: z.strictObject({ command: Command, env: z.record(z.string(), z.string()).exactOptional() }),
  ready: z
    .strictObject({ output: Output, pattern: pattern(), seconds: z.number().gt(0).max(300).exactOptional() })
    .exactOptional(),
  events: z.array(EventsSpec).exactOptional(),
  loss: LossSpec.exactOptional(),
  stop: z.strictObject({
    signals: z.array(z.enum(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])).min(1),
    "grace-seconds": z.number().gt(0).max(120),
  }),
  "holds-back": z
    .strictObject({ seconds: z.number().gt(0).max(60), "until-more": z.boolean().exactOptional() })
    .exactOptional()
    .describe(
      "how long it may be silent while it holds events, and whether only more events make it tell of the last",
    ),
  leaves: z
    .array(
      z
        .string()
        .regex(
          /^(?:\/(?!\.\.?(?:\/|$))[^/]+){2,}$/,
          "must be an absolute path of at least two folders, without ./ and ../",
        ),
    )
    .exactOptional()
    .describe("what it may leave behind: unmounted and removed after its end, unless it was there before"),
  buffers: z.strictObject({ usual: Values, smallest: Values }).exactOptional(),
  settings: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe("what decides its cost, for the record"),
});
export type CustomSpec = From<typeof CustomSpec>;
