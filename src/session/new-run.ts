/** `tare run`: settings -> plan -> record. */
import { join, resolve } from "node:path";
import { TareError } from "../domain/errors.ts";
import { METHOD, RECORD_SCHEMA, type Header } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import { notMeasurable, probeCapabilities } from "../host/capabilities.ts";
import { asUserOf } from "../host/privileges.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import { baselinePrograms, foreignHolders, readNodeState } from "../observe/node-state.ts";
import { isRefused, prepareRunFolder } from "../record/files.ts";
import { createRecord } from "../record/writer.ts";
import { withAttached } from "./attached.ts";
import { interruptible, type OnSignal } from "./interruptible.ts";
import { measure } from "./measure.ts";
import { refuseForeignSensors, refuseSecondRun, undoLeftovers } from "./preflight.ts";
import { prepareRun, type PreparedRun } from "./prepare-run.ts";
import type { Session } from "./session.ts";
import type { RunSettings } from "./settings.ts";
import { toolVersion } from "./tool-version.ts";
import { fileName } from "../domain/file-name.ts";
import { withTracefs } from "./tracefs.ts";
import { untilAborted } from "./until-aborted.ts";

/** Plans and measures. Returns the record's path. */
export const newRun = async (session: Session, settings: RunSettings): Promise<string> => {
  const { host } = session;
  const hostname = known(await host.readText("/proc/sys/kernel/hostname"))?.trim() ?? "node";
  // A host's name may hold anything, and this one becomes a folder's.
  const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${fileName(hostname)}`;
  const folder = resolve(settings.out ?? join(host.root, "results", run));
  const place: Place = { run, folder, isBegun: false };
  const measuring = interruptible(
    interruptedRun(session, place),
    async (signal) => {
      // Before probing: what a killed run left, a rule for instance, would make its agent look unavailable.
      await undoLeftovers(session);
      await refuseSecondRun(session);
      signal.throwIfAborted();
      return await withTracefs(session, async () => {
        const prepared = await prepareRun({ ...session, host: untilAborted(host, signal) }, settings);
        signal.throwIfAborted();
        return await withAttached(session, prepared.agents.attached, signal, () =>
          record(session, settings, prepared, place, signal),
        );
      });
    },
    hurried(session),
  );
  return await tellingKept(session, place, measuring);
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

/** The first signal stops what runs in order, the next Ctrl-C kills it, the third leaves everything as it is. */
export const hurried =
  ({ host, tell }: Session): OnSignal =>
  (times) => {
    if (times === 1) return undefined;
    if (times > 2)
      return new TareError(
        "interrupted",
        "interrupted before everything was undone",
        "`tare clean` undoes the rest, as does every `tare run` before it starts",
      );
    tell({ kind: "hurried" });
    host.effects.hurry();
    return undefined;
  };

/** What the user reads when the run's folder was removed under the run. */
export const removed =
  ({ tell }: Pick<Session, "tell">, folder: string) =>
  (): void => {
    tell({ kind: "removed", folder });
  };

/** The record as far as it goes is kept whatever stops a run; some errors do not say so themselves. */
export const tellingKept = async <T>(
  { tell }: Pick<Session, "tell">,
  place: Pick<Place, "folder" | "isBegun">,
  measuring: Promise<T>,
): Promise<T> => {
  try {
    return await measuring;
  } catch (error) {
    const isSaid =
      error instanceof TareError && (error.kind === "interrupted" || error.kind === "record-failed");
    if (place.isBegun && !isSaid) tell({ kind: "kept", folder: place.folder });
    throw error;
  }
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
  const writer = await asUserOf(
    place.folder,
    async () => {
      await prepareRunFolder(place.folder, settings.out !== undefined);
      return await createRecord(join(place.folder, "record.jsonl"), removed(session, place.folder));
    },
    isRefused,
  );
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
        folder: place.folder,
        append: (line) => writer.append(line),
      },
      signal,
    );
  } finally {
    await writer.close();
  }
  return writer.path;
};
