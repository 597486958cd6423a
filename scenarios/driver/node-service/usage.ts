/** CPU time and context switches of this process' threads and of the children that it has waited for, so far. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export interface Usage {
  readonly userNs: number;
  readonly systemNs: number;
  readonly voluntary: number;
  readonly involuntary: number;
}

type ChildrenUsage = () => readonly [
  userMicros: number,
  systemMicros: number,
  voluntary: number,
  involuntary: number,
];

/** Node does not offer RUSAGE_CHILDREN, so a library does. It is built with the C drivers. */
const LIBRARY = fileURLToPath(new URL("../../../build/scenarios/children-usage.node", import.meta.url));
const childrenUsage = createRequire(import.meta.url)(LIBRARY) as ChildrenUsage;

const MICRO = 1000;

export const usage = (): Usage => {
  const own = process.resourceUsage();
  const [userMicros, systemMicros, voluntary, involuntary] = childrenUsage();
  return {
    userNs: (own.userCPUTime + userMicros) * MICRO,
    systemNs: (own.systemCPUTime + systemMicros) * MICRO,
    voluntary: own.voluntaryContextSwitches + voluntary,
    involuntary: own.involuntaryContextSwitches + involuntary,
  };
};
