/** Measures a plan into a record, with a live view: the part that a new and a resumed run share. */
import type { Plan } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { NodeState } from "../observe/node-state.ts";
import type { RecordWriter } from "../record/writer.ts";
import { conduct } from "./conduct.ts";
import type { CliContext } from "./context.ts";
import { createLiveView } from "./live-view.ts";

export interface MeasureRequest {
  readonly plan: Plan;
  readonly writer: RecordWriter;
  readonly before: NodeState;
  readonly firstBlock: number;
  readonly forecast: number;
  readonly agents: Awaited<ReturnType<CliContext["agents"]>>;
  readonly scenarios: Awaited<ReturnType<CliContext["scenarios"]>>;
}

export const measure = async (context: CliContext, request: MeasureRequest): Promise<void> => {
  try {
    const outcome = await conduct(context, {
      ...request,
      append: async (line: RecordLine) => {
        await request.writer.append(line);
      },
      tell: createLiveView(context.screen, request.plan, request.forecast * 1000, () => context.host.now()),
    });
    context.screen.note(
      outcome.reason === "time-budget"
        ? `time budget reached after ${outcome.blocks} of ${request.plan.blocks.length} blocks`
        : `${outcome.blocks} blocks done`,
    );
  } finally {
    await request.writer.close();
  }
};
