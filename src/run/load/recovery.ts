/**
 * An overload, and half of the knee straight behind it, each by a driver of its own that was prepared before:
 *
 *     both prepared, guard armed -> agent at rest -> flood -> recovery, while the output's length and the agent's memory are looked at every 100 ms
 *         -> drain -> count
 */
import type { KeptFile } from "../../domain/host.ts";
import type { Probe } from "../../domain/under-load.ts";
import { known } from "../../domain/units.ts";
import { ownPids } from "../agent-pids.ts";
import { refuseIfDead } from "../crash.ts";
import { drain } from "../drain.ts";
import { closing } from "../follow.ts";
import {
  atRest,
  followed,
  guard,
  inOwnScope,
  type LoadPlace,
  openLoad,
  operationsIn,
  prepared,
  refuseUncounted,
  timesOf,
  trialOf,
  windowEnd,
} from "./probe.ts";

const LOOK_EVERY_MS = 100;
/** The file system of the second driver's files is that of the first's, and their names are others. */
const SECOND_FOLDER = "r";

export interface RecoveryRequest {
  readonly floodRate: number;
  readonly floodSeconds: number;
  readonly rate: number;
  readonly seconds: number;
  readonly lagMs: number;
}

type Point = readonly [atMs: number, amount: number];

export const recover = async (place: LoadPlace, request: RecoveryRequest): Promise<readonly Probe[]> => {
  const { context, running, agent, cgroup, signal } = place;
  const { host } = context;
  const { lagMs } = request;
  await place.watch.look();
  place.bound.forget();
  return await inOwnScope(place, (effects) =>
    closing(async (keep) => {
      const second = `${context.watchedDirectory}/${SECOND_FOLDER}`;
      await effects.perform({ kind: "directory", path: second, mode: 0o711 });
      const flood = trialOf(
        place,
        openLoad(request.floodRate, Math.ceil(request.floodRate * request.floodSeconds)),
      );
      const after = trialOf(place, openLoad(request.rate, Math.ceil(request.rate * request.seconds)));
      const floodFollower = keep(await followed(place, flood));
      const afterFollower = keep(await followed(place, after));
      const floodDriver = await prepared(place, effects, flood, context.watchedDirectory);
      const afterDriver = await prepared(place, effects, after, second);
      await guard(place, effects, [floodDriver, afterDriver]);
      const pids = await ownPids(host, { running, cgroup });
      const memory = keep(await watchResident(place, pids));
      await atRest(place, floodFollower);
      floodFollower.forget();
      afterFollower.forget();

      const floodMemory: Point[] = [];
      const began = host.now();
      const sample = async (points: Point[]): Promise<void> => {
        const bytes = await memory.read();
        if (bytes !== undefined) points.push([host.now(), bytes]);
      };
      await sample(floodMemory);
      const flooded = await whileLooking(place, floodDriver.go(), () => sample(floodMemory));
      const floodWindowMs = (flooded.endNs - flooded.startNs) / 1e6;
      const wentAt = host.now();
      const floodEnd = windowEnd(began, floodWindowMs, wentAt);

      const afterMemory: Point[] = [];
      const looks: number[] = [];
      const recovered = await whileLooking(place, afterDriver.go(), async () => {
        await floodFollower.mark();
        await afterFollower.mark();
        looks.push(host.now());
        await sample(afterMemory);
      });
      const windowMs = (recovered.endNs - recovered.startNs) / 1e6;
      const afterBegan = windowEnd(wentAt, windowMs, host.now()) - windowMs;
      await host.sleep(lagMs, signal);
      await afterFollower.mark();
      const done = operationsIn(recovered);
      const drained = await drain(host, afterFollower, done, signal, agent.flushIntervalMs);
      await floodFollower.advance();
      await refuseIfDead(host, agent, running, "under load");
      await floodDriver.drained();
      await afterDriver.drained();
      await refuseUncounted(place, floodFollower);
      await refuseUncounted(place, afterFollower);

      const sinceFlood = (points: readonly Point[]): Point[] =>
        points.map(([at, amount]) => [Math.round(at - began), amount]);
      const sinceAfter = (points: readonly Point[]): Point[] =>
        points.map(([at, amount]) => [Math.round(at - afterBegan), amount]);
      const ofFlood = floodFollower.delivered();
      const ofAfter = afterFollower.delivered();
      // The first look at which nothing of the overload was due any more.
      const inTime = looks.findIndex((at) => at - floodEnd >= lagMs);
      const counts = { flood: floodFollower.counts(), after: afterFollower.counts() };
      const lastGain = ofFlood.findLastIndex((count, index) => count > (ofFlood[index - 1] ?? 0));
      return [
        {
          id: flood.id,
          kind: "flood",
          load: flood.load,
          atMs: Math.round(began - place.readyAt),
          operations: operationsIn(flooded),
          delivered: counts.flood.delivered,
          late: Math.max(0, counts.flood.delivered - (ofFlood[inTime] ?? counts.flood.delivered)),
          lagMs: Math.round(lagMs),
          duplicates: counts.flood.duplicates,
          ...timesOf(flooded),
          restMs: Math.max(0, Math.round((looks[lastGain] ?? floodEnd) - floodEnd)),
          drained: true,
          memory: sinceFlood(floodMemory),
        },
        {
          id: after.id,
          kind: "recovery",
          load: after.load,
          atMs: Math.round(afterBegan - place.readyAt),
          operations: done,
          delivered: counts.after.delivered,
          late: Math.max(0, counts.after.delivered - (ofAfter.at(-1) ?? counts.after.delivered)),
          lagMs: Math.round(lagMs),
          duplicates: counts.after.duplicates,
          ...timesOf(recovered),
          restMs: Math.round(drained.drainMs),
          drained: drained.drained,
          arrivals: sinceAfter(looks.map((at, index) => [at, ofAfter[index] ?? counts.after.delivered])),
          memory: sinceAfter(afterMemory),
        },
      ];
    }),
  );
};

/** Looks again and again until the work is done. */
const whileLooking = async <T>(
  { context: { host }, signal }: LoadPlace,
  work: Promise<T>,
  look: () => Promise<void>,
): Promise<T> => {
  for (;;) {
    const waited = await host.within(work, { atMost: LOOK_EVERY_MS, signal });
    await look();
    if (waited.kind === "met") return waited.value;
  }
};

/** Resident in the agent's processes. Its files stay open: to open them at every look would be events. */
const watchResident = async ({ context: { host } }: LoadPlace, pids: readonly number[]) => {
  const files: KeptFile[] = [];
  for (const pid of pids) {
    const file = known(await host.openKept(`/proc/${pid}/status`, "read"));
    if (file !== undefined) files.push(file);
  }
  return {
    /** Undefined where none of them tells. */
    read: async (): Promise<number | undefined> => {
      let sum: number | undefined;
      for (const file of files) {
        const kib = /^VmRSS:\s+(\d+) kB$/m.exec(known(await file.text()) ?? "")?.[1];
        if (kib !== undefined) sum = (sum ?? 0) + Number(kib) * 1024;
      }
      return sum;
    },
    close: async () => {
      for (const file of files) await file.close();
    },
  };
};
