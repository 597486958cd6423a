/** `tare run`: settings -> plan -> record. */
import { join, resolve } from "node:path";
import { METHOD, RECORD_SCHEMA, type Header } from "../domain/run-header.ts";
import { known } from "../domain/units.ts";
import { notMeasurable, probeCapabilities } from "../host/capabilities.ts";
import { asUserOf } from "../host/privileges.ts";
import { secondsOf } from "../plan/duration.ts";
import { baselinePrograms, foreignHolders } from "../observe/node-changes.ts";
import { readNodeState } from "../observe/node-state.ts";
import { isRefused, prepareRunFolder } from "../record/files.ts";
import { createRecord } from "../record/writer.ts";
import { appendingTo, fingerprintOf } from "./in-a-pod.ts";
import { measure } from "./measure.ts";
import { type Place, guardedRun, removed } from "./guarded-run.ts";
import { refuseForeignSensors } from "./preflight.ts";
import { prepareRun, type PreparedRun } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import type { RunSettings } from "./settings.ts";
import { toolVersion } from "./tool-version.ts";
import { fileName } from "../domain/file-name.ts";

/** Plans and measures. Returns the record's path. */
export const newRun = async (session: Session, settings: RunSettings): Promise<string> => {
  const { host } = session;
  const hostname = known(await host.readText("/proc/sys/kernel/hostname"))?.trim() ?? "node";
  // A host's name may hold anything, and this one becomes a folder's.
  const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${fileName(hostname)}`;
  const results = session.pod?.workFolder ?? join(host.root, "results");
  const folder = resolve(settings.out ?? join(results, run));
  const place: Place = { folder, isBegun: false };
  return await guardedRun(
    session,
    place,
    (asking) => prepareRun(asking, settings),
    (prepared, signal) => record(session, settings, { run, prepared, place }, signal),
  );
};

const record = async (
  session: Session,
  settings: RunSettings,
  { run, prepared, place }: { readonly run: string; readonly prepared: PreparedRun; readonly place: Place },
  signal: AbortSignal,
): Promise<string> => {
  const { host, tell } = session;
  const { plan, statuses, forecast, leftOut, agents, scenarios } = prepared;
  const before = await readNodeState(host);
  const foreign = refuseForeignSensors(
    before,
    // What runs as it is runs from the start.
    settings.allowForeign === true || settings.asIs === true,
    await foreignHolders(host, before),
  );
  const header: Header = {
    type: "header",
    schema: RECORD_SCHEMA,
    method: METHOD,
    tool: await toolVersion(host),
    run,
    startedAt: host.date(),
    command: ["tare", ...process.argv.slice(2)],
    plan,
    host: await fingerprintOf(session),
    agents: statuses,
    ...(foreign.length === 0 ? {} : { foreignSensors: foreign }),
    notMeasurable: [
      ...notMeasurable(await probeCapabilities(host)),
      ...baselinePrograms(before).map(
        (program) => `a node without ${program}: the system itself loads it, so it is part of the baseline`,
      ),
      ...foreign.map((sensor) => `clean baseline: ${sensor} was there from the start (--allow-foreign)`),
    ],
  };
  const writer = await asUserOf(
    place.folder,
    async () => {
      await prepareRunFolder(place.folder, settings.out !== undefined);
      return await createRecord(join(place.folder, "record.jsonl"), removed(session, place.folder));
    },
    isRefused,
  );
  const append = appendingTo(writer, session);
  try {
    await append(header);
    place.isBegun = true;
    tell({ kind: "started", plan, statuses, leftOut, forecastSeconds: secondsOf(forecast) });
    await measure(
      session,
      {
        plan,
        agents: agents.all,
        scenarios,
        before,
        recorded: [header],
        folder: place.folder,
        append,
      },
      signal,
    );
  } finally {
    await writer.close();
  }
  return writer.path;
};
