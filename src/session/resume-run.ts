/** `tare run --resume`: starts at the first unfinished block, on the same machine with the same agents. */
import { dirname } from "node:path";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { RecordLine } from "../domain/record.ts";
import type { Header, HostFingerprint } from "../domain/run-header.ts";
import type { Scenario } from "../domain/scenario.ts";
import { asOwnerOf } from "../host/privileges.ts";
import { foreignHolders } from "../observe/node-changes.ts";
import { readNodeState } from "../observe/node-state.ts";
import { isCompressed } from "../record/compressed.ts";
import { recordPath } from "../record/files.ts";
import { type LoadedRecord, sameMachine } from "../record/reader.ts";
import { continueRecord } from "../record/writer.ts";
import { appendingTo, fingerprintOf } from "./in-a-pod.ts";
import { blocksIn, measure } from "./measure.ts";
import { withCommands } from "./commands.ts";
import { guardedRun, removed } from "./guarded-run.ts";
import { refuseForeignSensors } from "./preflight.ts";
import { knownAgents, type KnownAgents } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import { loadRecord } from "./view.ts";

/** Returns the record's path. */
export const resumeRun = async (session: Session, folder: string, allowForeign: boolean): Promise<string> => {
  const { host, tell } = session;
  const path = await recordPath(folder);
  const record = await asOwnerOf(path, () => loadRecord(session, folder));
  await refuseUnfit(record);
  const { plan } = record.header;
  const resume = async ({ fingerprint, agents, scenarios }: Prepared, signal: AbortSignal): Promise<void> => {
    const before = await readNodeState(host);
    refuseForeignSensors(before, allowForeign || plan.asIs === true, await foreignHolders(host, before));
    const firstBlock = blocksIn(record.lines);
    const writer = await asOwnerOf(record.path, () =>
      continueRecord(record.path, record.whole, removed(session, dirname(record.path))),
    );
    try {
      const resumed: RecordLine = {
        type: "resume",
        resumedAt: host.date(),
        block: firstBlock,
        host: fingerprint,
      };
      const append = appendingTo(writer, session);
      await append(resumed);
      tell({ kind: "resumed", plan, firstBlock });
      const recorded = [...record.lines, resumed];
      await measure(
        session,
        {
          plan,
          agents: agents.all,
          scenarios,
          before,
          recorded,
          append,
          folder: dirname(record.path),
        },
        signal,
      );
    } finally {
      await writer.close();
    }
  };
  const place = { folder: dirname(record.path), isBegun: true };
  await guardedRun(session, place, (asking) => prepare(asking, record), resume);
  return record.path;
};

interface Prepared {
  readonly fingerprint: HostFingerprint;
  readonly agents: KnownAgents;
  readonly scenarios: ReadonlyMap<string, Scenario>;
}

/** @throws TareError `usage` where the machine or an agent is not what it was when the run began */
const prepare = async (session: Session, record: LoadedRecord): Promise<Prepared> => {
  const { plan } = record.header;
  const fingerprint = await fingerprintOf(session);
  refuseOtherMachine(record, fingerprint);
  const agents = await knownAgents(session, plan);
  await refuseOtherVersions(session, record.header, agents.all);
  return { fingerprint, agents, scenarios: withCommands(await session.scenarios(), plan.commands) };
};

const refuseUnfit = async (record: LoadedRecord): Promise<void> => {
  if (await isCompressed(record.path)) {
    throw new TareError(
      "usage",
      `${record.path} is compressed: not resumed`,
      `unpack it with \`gunzip\`, then resume the folder`,
    );
  }
  const last = record.lines.at(-1);
  if (last?.type === "end") {
    throw new TareError(
      "usage",
      `${record.path} is complete (${last.reason}): nothing to resume`,
      `read it with \`tare report ${dirname(record.path)}\``,
    );
  }
  // What is cut off must not hold a line that is whole.
  const { whole } = record;
  const onlyTail =
    record.lines.length === whole.lines && record.problems.every(({ line }) => line > whole.lines);
  if (onlyTail) return;
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
