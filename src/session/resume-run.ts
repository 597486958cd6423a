/** `tare run --resume`: starts at the first unfinished block, on the same machine with the same agents. */
import { dirname } from "node:path";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Header, HostFingerprint, RecordLine } from "../domain/record.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import { foreignHolders, readNodeState } from "../observe/node-state.ts";
import { recordPath } from "../record/files.ts";
import { type LoadedRecord, readRecord, sameMachine } from "../record/reader.ts";
import { continueRecord } from "../record/writer.ts";
import { withAttached } from "./attached.ts";
import { interruptible } from "./interruptible.ts";
import { blocksIn, measure } from "./measure.ts";
import { interruptedRun } from "./new-run.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "./preflight.ts";
import { knownAgents } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import { withTracefs } from "./tracefs.ts";
import { tellProblems } from "./view.ts";

/** Returns the record's path. */
export const resumeRun = async (session: Session, folder: string, allowForeign: boolean): Promise<string> => {
  const { host, tell } = session;
  const record = await readRecord(await recordPath(folder));
  refuseUnfit(session, record);
  const { plan } = record.header;
  await undoLeftovers(session);
  await refuseSecondRun(session);
  const fingerprint = await readFingerprint(host);
  refuseOtherMachine(record, fingerprint);
  const agents = await knownAgents(session, plan.agentFiles ?? [], plan.attached ?? []);
  await refuseOtherVersions(session, record.header, agents.all);
  const scenarios = await session.scenarios();
  const resume = async (signal: AbortSignal): Promise<void> => {
    const before = await readNodeState(host);
    refuseForeignSensors(before, allowForeign, await foreignHolders(host, before));
    const firstBlock = blocksIn(record.lines);
    const writer = await continueRecord(record.path, record.lastDigest, record.wholeBytes);
    try {
      const resumed: RecordLine = {
        type: "resume",
        resumedAt: host.date(),
        block: firstBlock,
        host: fingerprint,
      };
      await writer.append(resumed);
      tell({ kind: "resumed", plan, firstBlock });
      const recorded = [...record.lines, resumed];
      await withTracefs(session, () =>
        measure(
          session,
          { plan, agents: agents.all, scenarios, before, recorded, append: (line) => writer.append(line) },
          signal,
        ),
      );
    } finally {
      await writer.close();
    }
  };
  await interruptible(interruptedRun(session, { folder: dirname(record.path), isBegun: true }), (signal) =>
    withAttached(session, agents.attached, signal, () => resume(signal)),
  );
  return record.path;
};

const refuseUnfit = (session: Session, record: LoadedRecord): void => {
  const last = record.lines.at(-1);
  if (last?.type === "end") {
    throw new TareError(
      "usage",
      `${record.path} is complete (${last.reason}): nothing to resume`,
      `read it with \`tare report ${dirname(record.path)}\``,
    );
  }
  const onlyTail = record.problems.every((problem) => problem.line > record.lines.length);
  if (onlyTail) return;
  tellProblems(session, record);
  throw new TareError(
    "usage",
    `${record.path} is damaged before its end: not resumed`,
    `\`tare analyse ${dirname(record.path)}\` reads what is readable`,
  );
};

const refuseOtherMachine = (record: LoadedRecord, host: HostFingerprint): void => {
  const difference = sameMachine(record.header.host, host);
  if (difference === undefined) return;
  throw new TareError(
    "usage",
    `${record.path} was begun elsewhere: ${difference}`,
    "resume on the same machine and kernel, or start a new run",
  );
};

const refuseOtherVersions = async (
  { host }: Session,
  header: Header,
  agents: ReadonlyMap<string, Agent>,
): Promise<void> => {
  for (const former of header.agents.filter(({ status }) => status === "measured")) {
    const probe = await agents.get(former.id)?.probe(host);
    const now = probe?.kind === "available" ? probe.version : "not available";
    if (now !== former.version) {
      throw new TareError(
        "usage",
        `${former.id} was ${former.version ?? "?"} when the run began and is ${now} now`,
        "start a new run",
      );
    }
  }
};
