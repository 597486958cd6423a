/** Measures a plan into a record, with a live view: the part that a new and a resumed run share. */
import { blocksNeededFor } from "../analyse/stop-rule.ts";
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { NodeState } from "../observe/node-state.ts";
import type { RunOutcome } from "../run/run-plan.ts";
import type { RecordWriter } from "../record/writer.ts";
import { conduct } from "./conduct.ts";
import type { CliContext } from "./context.ts";
import { createLiveView } from "./live-view.ts";

const ENDED: Readonly<Record<RunOutcome["reason"], (blocks: number, planned: number) => string>> = {
  complete: (blocks) => `${blocks} blocks done`,
  "time-budget": (blocks, planned) => `time budget reached after ${blocks} of ${planned} blocks`,
  "precise-enough": (blocks) => `${blocks} blocks done: by their variance no more are needed`,
};

export interface MeasureRequest {
  readonly plan: Plan;
  readonly writer: RecordWriter;
  readonly before: NodeState;
  /** What the record holds already. */
  readonly soFar: readonly RecordLine[];
  readonly firstBlock: number;
  /** See `ConductRequest`. */
  readonly interruption?: AbortSignal;
  readonly forecast: number;
  readonly agents: Awaited<ReturnType<CliContext["agents"]>>;
  readonly scenarios: Awaited<ReturnType<CliContext["scenarios"]>>;
}

export const measure = async (context: CliContext, request: MeasureRequest): Promise<void> => {
  const lines = [...request.soFar];
  try {
    const outcome = await conduct(context, {
      ...request,
      overflowed: new Set(request.soFar.flatMap((line) => (line.type === "overflow" ? [line.id] : []))),
      append: async (line: RecordLine) => {
        await request.writer.append(line);
        lines.push(line);
      },
      ...(request.plan.stop === "blind" ? { blocksNeeded: () => blocksNeededFor(lines, request.plan) } : {}),
      emit: createLiveView(context.screen, request.plan, request.forecast * 1000, () => context.host.now()),
    });
    context.screen.info(ENDED[outcome.reason](outcome.blocks, request.plan.blocks.length));
  } finally {
    await request.writer.close();
  }
};
