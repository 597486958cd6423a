/** What of the node an agent left changed, by what was read before and after it; and what of others traces the node. */
import type { Host } from "../domain/host.ts";
import { isBelow, mountsBeyond } from "../domain/mounts.ts";
import { known } from "../domain/units.ts";
import { kernelChanges, tracedByFtrace } from "./kernel-state.ts";
import type { AuditState, BpfProgram, NodeState } from "./node-state.ts";

const describe = (program: BpfProgram): string =>
  `BPF program ${program.id} (${program.type}, ${program.name})`;

/** A process that holds a BPF program open. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

const titleOf = ({ pid, name }: Holder): string => `pid ${pid} (${name})`;

const nameOf = async (host: Host, pid: number | string): Promise<string> =>
  (known(await host.readText(`/proc/${pid}/comm`)) ?? "").trim();

/**
 * Who holds each BPF program open, by its id. A program that no process holds is pinned, or attached by a link that is. Reads every process's
 * descriptors, so it is asked only when a program is there that should not be.
 */
export const holdersOf = async (host: Host, ids: readonly number[]): Promise<ReadonlyMap<number, Holder>> => {
  const holders = new Map<number, Holder>();
  for (const pid of ids.length === 0 ? [] : await host.list("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await host.list(`/proc/${pid}/fdinfo`)) {
      const info = known(await host.readText(`/proc/${pid}/fdinfo/${fd}`));
      const id = Number(/^prog_id:\s+(\d+)$/m.exec(info ?? "")?.[1] ?? NaN);
      if (!ids.includes(id) || holders.has(id)) continue;
      holders.set(id, { pid: Number(pid), name: await nameOf(host, pid) });
    }
  }
  return holders;
};

const MAX_TOLD = 3;

interface ToldPrograms {
  readonly what: string;
  readonly isOne: boolean;
  /** ", held by pid 812 (tracee)", or nothing. */
  readonly by: string;
  readonly pid: number | undefined;
}

/** One text for each holder that has more than a few: a sensor may load two hundred programs. */
const byHolder = (
  programs: readonly BpfProgram[],
  holders: ReadonlyMap<number, Holder>,
): readonly ToldPrograms[] =>
  [...Map.groupBy(programs, ({ id }) => holders.get(id)?.pid)].flatMap(
    ([pid, own]): readonly ToldPrograms[] => {
      const holder = pid === undefined ? undefined : holders.get(own[0]?.id ?? NaN);
      const by = holder === undefined ? "" : `, held by ${titleOf(holder)}`;
      if (own.length <= MAX_TOLD)
        return own.map((program) => ({ what: describe(program), isOne: true, by, pid }));
      const types = [...new Set(own.map(({ type }) => type))].sort().join(", ");
      return [{ what: `${own.length} BPF programs (${types})`, isOne: false, by, pid }];
    },
  );

const newPrograms = (before: NodeState, after: NodeState): readonly BpfProgram[] => {
  const earlier = known(before.bpf)?.map((program) => program.id);
  return earlier === undefined
    ? []
    : (known(after.bpf) ?? []).filter(({ id, own }) => own === undefined && !earlier.includes(id));
};

const PROGRAMS = "programs";

export interface Change {
  /** What is changed; the same whatever it is now. */
  readonly about: string;
  readonly text: string;
  /** The process that it belongs to. */
  readonly pid?: number;
}

/** What `after` has that `before` had not, or has otherwise; empty when the node is as it was. */
export const changesSince = (
  before: NodeState,
  after: NodeState,
  holders: ReadonlyMap<number, Holder> = new Map(),
): readonly Change[] => {
  const changes: Change[] = [];
  const note = (about: string, text: string, pid?: number): void => {
    changes.push({ about, text, ...(pid === undefined ? {} : { pid }) });
  };
  for (const { what, isOne, by, pid } of byHolder(newPrograms(before, after), holders)) {
    note(PROGRAMS, `${what} ${isOne ? "is" : "are"} still loaded${by}`, pid);
  }
  const [was, is] = [known(before.audit), known(after.audit)];
  if (was !== undefined && is !== undefined) auditChanges(was, is, note);
  if (after.preload !== before.preload) {
    note("preload", `/etc/ld.so.preload is "${after.preload}", was "${before.preload}"`);
  }
  for (const point of new Set(mountsBeyond(after.mounts, before.mounts))) {
    const how = before.mounts.includes(point) ? "mounted once more" : "mounted, and was not";
    note(`mount ${point}`, `${point} is ${how}`);
  }
  for (const [point, options] of Object.entries(after.mountOptions)) {
    const had = before.mountOptions[point];
    if (had !== undefined && had !== options)
      note(`options of ${point}`, `${point} is mounted with ${options}, was with ${had}`);
  }
  for (const path of after.left) {
    const isNew = !before.left.includes(path);
    // With a folder all that is in it is told.
    if (
      isNew &&
      !after.left.some((other) => other !== path && !before.left.includes(other) && isBelow(path, other))
    )
      note(`path ${path}`, `${path} is there, and was not`);
  }
  return [...changes, ...kernelChanges(before.kernel, after.kernel)];
};

const auditChanges = (
  was: AuditState,
  is: AuditState,
  note: (about: string, text: string, pid?: number) => void,
): void => {
  const owner = is.pid === 0 || is.ownerless === true ? undefined : is.pid;
  if (is.enabled !== was.enabled)
    note("audit enabled", `audit is enabled=${is.enabled}, was ${was.enabled}`, owner);
  // One that died before has owned nothing.
  const former = was.ownerless === true && is.pid !== was.pid ? 0 : was.pid;
  if (is.pid !== former) {
    const dead = is.ownerless === true ? ", which is dead" : "";
    note("audit pid", `audit belongs to pid ${is.pid}${dead}, was ${former}`, owner);
  }
  for (const rule of is.rules)
    if (!was.rules.includes(rule)) note(`rule ${rule}`, `audit rule "${rule}" is still loaded`, owner);
  for (const rule of was.rules)
    if (!is.rules.includes(rule)) note(`rule ${rule}`, `audit rule "${rule}" is gone`, owner);
  for (const [key, setting] of Object.entries(is.settings)) {
    const before = was.settings[key];
    if (before !== undefined && before !== setting)
      note(`audit ${key}`, `audit ${key} is ${setting}, was ${before}`, owner);
  }
};

/** The mark that every process of tare's, and whatever it starts, carries in its environment. */
const MARK = /(?:^|\0)TARE_EFFECT=/;

const isTares = async (host: Host, pid: number): Promise<boolean> =>
  MARK.test(known(await host.readText(`/proc/${pid}/environ`)) ?? "");

/** What changed in a turn: the agent's doing, and what belongs to a program that tare did not start. */
export interface TurnChanges {
  readonly leftovers: readonly string[];
  readonly foreign: readonly string[];
}

/** `run`: the node before the run. What a turn puts back as it was then is no change of its. */
export const changesOfTurn = async (
  host: Host,
  { run, turn, after }: { readonly run: NodeState; readonly turn: NodeState; readonly after: NodeState },
): Promise<TurnChanges> => {
  const holders = await holdersOf(
    host,
    newPrograms(turn, after).map(({ id }) => id),
  );
  const everSince = new Set(changesSince(run, after, holders).map(({ about }) => about));
  const leftovers: string[] = [];
  const foreign: string[] = [];
  for (const { about, text, pid } of changesSince(turn, after, holders)) {
    if (about !== PROGRAMS && !everSince.has(about)) continue;
    if (pid === undefined || (await isTares(host, pid))) leftovers.push(text);
    else foreign.push(text);
  }
  return { leftovers, foreign };
};

const foreignPrograms = (state: NodeState): readonly BpfProgram[] =>
  (known(state.bpf) ?? []).filter(({ own }) => own === undefined);

export const foreignHolders = async (host: Host, state: NodeState): Promise<ReadonlyMap<number, Holder>> =>
  await holdersOf(
    host,
    foreignPrograms(state).map(({ id }) => id),
  );

/** `holders`: whose the programs are; see `foreignHolders`. */
export const foreignSensors = (
  state: NodeState,
  holders: ReadonlyMap<number, Holder> = new Map(),
): readonly string[] => {
  const audit = known(state.audit);
  return [
    ...byHolder(foreignPrograms(state), holders).map(({ what, by }) => what + by),
    ...(audit === undefined ? [] : audit.rules.map((rule) => `audit rule ${rule}`)),
    ...(audit !== undefined && audit.pid !== 0 && audit.ownerless !== true
      ? [`audit is in use by pid ${audit.pid}`]
      : []),
    ...tracedByFtrace(state.kernel),
    ...(state.preload === "" ? [] : [`/etc/ld.so.preload: ${state.preload}`]),
  ];
};

/** What the system itself keeps on every process's path: part of the baseline, since nobody can stop it. */
export const baselinePrograms = (state: NodeState): readonly string[] =>
  (known(state.bpf) ?? []).filter(({ own }) => own === "baseline").map(describe);

/** Why it is not known whether something traces the node; empty when everything could be looked at. */
export const notLooked = ({ bpf, audit }: NodeState): readonly string[] => [
  ...(bpf.kind === "missing" ? [`BPF programs: ${bpf.reason}`] : []),
  ...(audit.kind === "missing" ? [`audit rules: ${audit.reason}`] : []),
];
