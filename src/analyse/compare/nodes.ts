/** Which records are of one node, and of what kind it is. Runs of one node are not two nodes. */
import type { HostFingerprint } from "../../domain/run-header.ts";
import { known } from "../../domain/units.ts";
import type { Loaded } from "./conditions.ts";

/**
 * A boot is of one node, whatever a container on it calls itself. Otherwise the host names tell, and the machine IDs where both are known: many
 * nodes are called "localhost", and many are copies of one image with its machine ID.
 */
const isSameNode = (a: HostFingerprint, b: HostFingerprint): boolean => {
  const [bootA, bootB] = [known(a.bootId), known(b.bootId)];
  if (bootA !== undefined && bootA === bootB) return true;
  const [idA, idB] = [known(a.machineIdHash), known(b.machineIdHash)];
  return a.hostname === b.hostname && (idA === undefined || idB === undefined || idA === idB);
};

/** Positions in `sides` of each node's records, the earliest first; nodes in the order of the records. */
export const recordsByNode = (sides: readonly Loaded[]): readonly (readonly number[])[] => {
  let nodes: readonly (readonly number[])[] = [];
  for (const [index, { header }] of sides.entries()) {
    const isOf = (records: readonly number[]): boolean =>
      records.some((other) => {
        const side = sides[other];
        return side !== undefined && isSameNode(side.header.host, header.host);
      });
    const same = nodes.filter(isOf);
    const joined = [...same.flat(), index];
    const [first] = same;
    nodes =
      first === undefined
        ? [...nodes, joined]
        : nodes.flatMap((one) => (one === first ? [joined] : same.includes(one) ? [] : [one]));
  }
  const startOf = (index: number): string => sides[index]?.header.startedAt ?? "";
  return nodes.map((records) => records.toSorted((a, b) => startOf(a).localeCompare(startOf(b))));
};

/** Host names, with what tells two of one name apart. */
export const namesOf = (hosts: readonly HostFingerprint[]): readonly string[] =>
  hosts.map((host, index) => {
    const isAlone = hosts.every((other) => other === host || other.hostname !== host.hostname);
    return isAlone ? host.hostname : `${host.hostname} (${known(host.machineIdHash) ?? `#${index + 1}`})`;
  });

/** "6.12" of "6.12.9-cloud-amd64": updates of a kernel are not kinds of node, and what differs there is named where a node is outlying. */
const seriesOf = (kernel: string): string => /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel;

/** What makes nodes one kind; CPU model, CPUs and memory stand for the instance type where nobody told it. */
export const kindOf = ({ header: { host } }: Loaded): readonly string[] => [
  host.arch,
  host.cpuModel,
  `${host.cpus} ${host.cpus === 1 ? "CPU" : "CPUs"}`,
  `${(host.memoryBytes / 2 ** 30).toFixed(0)} GiB`,
  `kernel ${seriesOf(host.kernel)}`,
  host.distribution,
  ...(host.kubernetes?.instanceType === undefined ? [] : [host.kubernetes.instanceType]),
];

/** Parts are added until the kinds are told apart; a part that is the same for all is left out. Of a single kind, its architecture. */
export const shortsOf = (kinds: readonly (readonly string[])[]): readonly string[] => {
  const [first = []] = kinds;
  const longest = kinds.toSorted((a, b) => b.length - a.length)[0] ?? first;
  let shorts: readonly (readonly string[])[] = kinds.map(() => []);
  for (const index of longest.keys()) {
    if (new Set(shorts.map(String)).size === kinds.length) break;
    // Only the last may be absent.
    const parts = kinds.map((kind) => kind[index] ?? "instance type not told");
    if (new Set(parts).size > 1) shorts = shorts.map((short, kind) => [...short, parts[kind] ?? ""]);
  }
  return shorts.map((short) => (short.length === 0 ? (first[0] ?? "") : short.join(", ")));
};
