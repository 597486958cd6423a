/** The conversation with the program that does the techniques (scenarios/coverage/main.c). */
import { DriverPrepared } from "../domain/driver.ts";
import { describeExit, type EffectScope, type Host } from "../domain/host.ts";
import { checkedJson } from "../domain/schema.ts";
import { type DoneOperation, TechniqueLine } from "../domain/technique-line.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

export interface TechniquesRequest {
  readonly id: string;
  readonly times: number;
  readonly techniques: readonly string[];
  readonly directory: string;
  readonly stderr: string;
  readonly namespaces: Namespaces;
  readonly signal: AbortSignal;
}

export interface TechniquesDone {
  readonly operations: readonly DoneOperation[];
  /** By technique, why this node cannot do it. */
  readonly skipped: ReadonlyMap<string, string>;
}

export interface PreparedTechniques {
  readonly pid: number;
  go(): Promise<TechniquesDone>;
}

const PREPARE_MS = 10_000;
/** A stuck operation ends itself after five seconds, and its technique with it. An agent that blocks takes longer for each. */
const LINE_MS = 30_000;

export const prepareTechniques = async (
  host: Host,
  effects: EffectScope,
  request: TechniquesRequest,
): Promise<PreparedTechniques> => {
  const { id, times, techniques, directory, stderr, namespaces, signal } = request;
  const process = await effects.start(
    startedIn(namespaces, {
      command: `${host.root}/build/scenarios/coverage`,
      args: [
        `--trial=${id}`,
        `--directory=${directory}`,
        `--times=${times}`,
        ...techniques.map((technique) => `--technique=${technique}`),
      ],
      stdout: "pipe",
      stderr,
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
  const next = async (atMost: number): Promise<string> => {
    const line = await within(host, process.readLine(), atMost, "coverage", signal);
    if (line !== undefined) return line;
    const how = describeExit(await process.exited);
    throw new StageFailure(
      "coverage",
      `the program that does the techniques ended before it was done: ${how}`,
      await lastLines(host, [stderr]),
    );
  };
  const prepared = checkedJson(DriverPrepared, await next(PREPARE_MS), "the line");
  if (prepared.kind === "fault")
    throw new StageFailure("coverage", `the program's first line is not what was due: ${prepared.what}`);
  return {
    pid: prepared.content.workers[0] ?? process.pid,
    go: async () => {
      process.writeLine("go");
      const operations: DoneOperation[] = [];
      const skipped = new Map<string, string>();
      for (;;) {
        const read = checkedJson(TechniqueLine, await next(LINE_MS), "the line");
        if (read.kind === "fault")
          throw new StageFailure("coverage", `the program printed a line in which ${read.what}`);
        const said = read.content;
        if ("coverage" in said) break;
        if ("skipped" in said) skipped.set(said.technique, said.skipped);
        else if ("failed" in said)
          throw new StageFailure("coverage", `${said.technique} failed after it had worked: ${said.failed}`);
        else operations.push(said);
      }
      process.closeInput();
      await process.exited;
      return { operations, skipped };
    },
  };
};
