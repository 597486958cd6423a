/**
 * One agent inside a block: start, ready, settle, every scenario as a trial, stop, look for leftovers.
 * Whatever fails is recorded and the run goes on; whatever was started is stopped on every path.
 */
import { BASELINE, type Turn } from "../domain/plan.ts";
import type { RunContext, RunEvent } from "./context.ts";
import { cpusOf } from "./confine.ts";
import { gatherCrowd } from "./crowd.ts";
import { crashWhileStopping, refuseIfDead } from "./crash.ts";
import { recordTrial, retryTrial } from "./retry-trial.ts";
import { agentOf, scenarioOf, startAgent, type StartedAgent } from "./start-agent.ts";
import { readNodeState } from "../observe/node-state.ts";
import { findLeftovers, inScope } from "./turn-scope.ts";

const NOTHING = { leftovers: [], foreign: [] } as const;

export const runTurn = async (run: RunContext, block: number, index: number, turn: Turn): Promise<void> => {
  const { host } = run;
  const context = turn.scale?.axis === "cpus" ? { ...run, cpus: cpusOf(host, turn.scale) } : run;
  const agent = agentOf(context, turn.agent);
  const owner = { block, turn: index, agent: agent.id, baseline: turn.baseline ?? null };
  const notDone = new Set(turn.trials);
  const emit = (step: Extract<RunEvent, { kind: "turn" }>["step"]): void => {
    context.emit({ kind: "turn", block, turn, step });
  };

  // What is there already is none of its doing, whoever left it.
  const before = agent.id === BASELINE ? undefined : await readNodeState(host);
  const {
    outcome: conducted,
    undoMs,
    problems,
  } = await inScope(context, `turn ${block}.${index} (${agent.id})`, async (effects) => {
    let started: StartedAgent | undefined;
    try {
      emit("start");
      if (turn.scale !== undefined) await gatherCrowd(context, effects, turn.scale);
      // How late a lone event is, is told of the node as it is.
      const triesLoneEvent = turn.scale === undefined;
      started = await startAgent(context, effects, agent, "usual", { triesLoneEvent });
      emit("ready");
      const used = turn.trials.map(({ id }) => id);
      for (const trial of turn.trials) {
        const scenario = scenarioOf(context, trial.scenario);
        await retryTrial(context, owner, trial, { ...started, scenario }, used);
        notDone.delete(trial);
      }
      await refuseIfDead(host, agent, started.running, "after the last trial");
      return { kind: "started", ...started } as const;
    } finally {
      await started?.bound.close();
      emit("stop");
    }
  });

  const crash =
    conducted.kind === "failed"
      ? undefined
      : await crashWhileStopping(host, agent, conducted.running, context.signal);
  const outcome = crash ?? conducted;
  if (outcome.kind === "failed") {
    for (const trial of notDone) {
      const startedAt = host.date();
      await recordTrial(context, owner, trial, { attempt: 1, rejected: null, startedAt, outcome });
    }
  }
  const { leftovers, foreign } =
    before === undefined ? NOTHING : await findLeftovers(context, agent.id, before);
  await context.append({
    type: "turn",
    block,
    turn: index,
    agent: agent.id,
    ...(turn.scale === undefined ? {} : { scale: turn.scale }),
    outcome:
      outcome.kind === "failed"
        ? outcome
        : {
            kind: "started",
            readyMs: Math.round(outcome.readyMs),
            stopMs: Math.round(undoMs),
            settings: outcome.settings,
            ...(outcome.loneEvent === undefined ? {} : { loneEventMs: outcome.loneEvent }),
            ...(turn.scale === undefined ? {} : { startCpuNs: outcome.startCpuNs }),
          },
    leftovers: [...problems, ...leftovers],
    ...(foreign.length === 0 ? {} : { foreign }),
    endedAt: host.date(),
  });
};
