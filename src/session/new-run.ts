/** `tare run`: settings -> plan -> record. */
import { join, resolve } from "node:path";
import { TareError } from "../domain/errors.ts";
import { METHOD, RECORD_SCHEMA, type Header } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import { notMeasurable, probeCapabilities } from "../host/capabilities.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import { baselinePrograms, foreignHolders, readNodeState } from "../observe/node-state.ts";
import { prepareRunFolder } from "../record/files.ts";
import { createRecord } from "../record/writer.ts";
import { withAttached } from "./attached.ts";
import { interruptible } from "./interruptible.ts";
import { measure } from "./measure.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "./preflight.ts";
import { prepareRun, type PreparedRun } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import type { RunSettings } from "./settings.ts";
import { toolVersion } from "./tool-version.ts";
import { withTracefs } from "./tracefs.ts";

/** Plans and measures. Returns the record's path. */
export const newRun = async (session: Session, settings: RunSettings): Promise<string> => {
  // Before probing: what a killed run left, a rule for instance, would make its agent look unavailable.
  await undoLeftovers(session);
  await refuseSecondRun(session);
  return await withTracefs(session, async () => {
    const prepared = await prepareRun(session, settings);
    const { host } = session;
    const hostname = known(await host.readText("/proc/sys/kernel/hostname"))?.trim() ?? "node";
    const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${hostname}`;
    const folder = resolve(settings.out ?? join(host.root, "results", run));
    const place: Place = { run, folder, isBegun: false };
    return await interruptible(interruptedRun(session, place), (signal) =>
      withAttached(session, prepared.agents.attached, signal, () =>
        record(session, settings, prepared, place, signal),
      ),
    );
  });
};

interface Place {
  readonly run: string;
  readonly folder: string;
  /** Whether there is a record in the folder that could be resumed. */
  isBegun: boolean;
}

/** What the user reads when a run was interrupted. */
export const interruptedRun =
  ({ tell }: Session, place: Pick<Place, "folder" | "isBegun">) =>
  (signal: string): TareError => {
    tell({ kind: "interrupted", signal });
    return place.isBegun
      ? new TareError(
          "interrupted",
          `interrupted by ${signal}; everything measured so far is in the record`,
          `resume with \`tare run --resume ${place.folder}\``,
        )
      : new TareError("interrupted", `interrupted by ${signal} before anything was measured`, "start again");
  };

const record = async (
  session: Session,
  settings: RunSettings,
  { plan, statuses, forecastSeconds, leftOut, agents, scenarios }: PreparedRun,
  place: Place,
  signal: AbortSignal,
): Promise<string> => {
  const { host, tell } = session;
  const before = await readNodeState(host);
  const foreign = refuseForeignSensors(
    before,
    settings.allowForeign === true,
    await foreignHolders(host, before),
  );
  const header: Header = {
    type: "header",
    schema: RECORD_SCHEMA,
    method: METHOD,
    tool: await toolVersion(host),
    run: place.run,
    startedAt: host.date(),
    command: ["tare", ...process.argv.slice(2)],
    plan,
    host: await readFingerprint(host),
    agents: statuses,
    notMeasurable: [
      ...notMeasurable(await probeCapabilities(host)),
      ...baselinePrograms(before).map(
        (program) => `a node without ${program}: the system itself loads it, so it is part of the baseline`,
      ),
      ...foreign.map((sensor) => `clean baseline: ${sensor} was there from the start (--allow-foreign)`),
    ],
  };
  await prepareRunFolder(place.folder);
  const writer = await createRecord(join(place.folder, "record.jsonl"));
  try {
    await writer.append(header);
    place.isBegun = true;
    tell({ kind: "started", plan, statuses, leftOut, forecastSeconds });
    await measure(
      session,
      {
        plan,
        agents: agents.all,
        scenarios,
        before,
        recorded: [header],
        append: (line) => writer.append(line),
      },
      signal,
    );
  } finally {
    await writer.close();
  }
  return writer.path;
};
