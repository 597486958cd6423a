/** What an agent's output tells of operations of which it is known which process did them, and to what. */
import type { Told } from "../domain/claim.ts";
import { withShortIpv6 } from "../domain/ipv6.ts";
import type { Deed } from "../domain/technique.ts";
import type { DoneOperation } from "../domain/technique-line.ts";
import type { Telling } from "../domain/telling.ts";

export interface ToldEvent {
  readonly text: string;
  readonly pid: number | undefined;
}

export interface ToldOf {
  readonly told: Told;
  /** The event that tells of it; absent: there is none. */
  readonly event?: ToldEvent;
}

const linesOf = (output: string): readonly string[] => output.split("\n").filter((line) => line !== "");

const toEvent = (text: string, { pid }: Telling): ToldEvent => {
  const number = pid?.exec(text)?.[1];
  // JSON may write a slash behind a backslash, and an agent all zeros of an address.
  return {
    text: withShortIpv6(text.replaceAll(String.raw`\/`, "/")),
    pid: number === undefined ? undefined : Number(number),
  };
};

/**
 * Of all that an agent wrote, what may be about one of the operations.
 *
 * @param output a character a byte
 */
export const eventsAbout = (
  output: string,
  telling: Telling,
  operations: readonly DoneOperation[],
): readonly ToldEvent[] => {
  const pids = new Set(operations.map(({ pid }) => pid));
  const marks = [...new Set(operations.flatMap((one) => one.marks))];
  const about = (text: string): boolean => marks.some((mark) => text.includes(mark));
  return (telling.eventsIn ?? linesOf)(output)
    .map((text) => toEvent(text, telling))
    .filter(({ text, pid }) => (pid !== undefined && pids.has(pid)) || about(text));
};

/**
 * An event is about an operation where it is of the same deed, and bears its process's number or one of its marks. Of several the best counts: an
 * agent may tell of a call's beginning and of its end.
 */
export const toldOf = (
  events: readonly ToldEvent[],
  telling: Telling,
  deed: Deed,
  { pid, marks, objects }: DoneOperation,
): ToldOf => {
  const form = telling.deeds[deed];
  if (form === undefined) return { told: "nothing" };
  const own = events.filter(
    (event) =>
      (event.pid === pid || marks.some((mark) => event.text.includes(mark))) && form.test(event.text),
  );
  const isRight = (event: ToldEvent): boolean =>
    event.pid === pid &&
    (objects.length === 0 || objects.some((texts) => texts.every((text) => event.text.includes(text))));
  const right = own.find(isRight);
  if (right !== undefined) return { told: "right", event: right };
  const [other] = own;
  return other === undefined ? { told: "nothing" } : { told: "otherwise", event: other };
};

const MAX_EXCERPT = 240;

/** So much of an event as shows how it tells of the operation. */
export const excerptOf = ({ text }: ToldEvent, { marks }: DoneOperation): string => {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= MAX_EXCERPT) return line;
  const at = Math.max(0, ...marks.map((mark) => line.lastIndexOf(mark)));
  const from = Math.max(0, Math.min(at - MAX_EXCERPT / 2, line.length - MAX_EXCERPT));
  const to = from + MAX_EXCERPT;
  return `${from === 0 ? "" : "..."}${line.slice(from, to)}${to >= line.length ? "" : "..."}`;
};
