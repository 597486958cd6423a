/** Records of several nodes, as a comparison takes them: what is put in is known. */
import { analyse } from "../../../src/analyse/analyse.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import type { Header, HostFingerprint } from "../../../src/domain/run-header.ts";
import { value } from "../../../src/domain/units.ts";
import type { RunSpec } from "./record-builder.ts";
import { buildRecord, seededNoise } from "./record-builder.ts";

export interface SideSpec {
  readonly header?: Partial<Header>;
  readonly plan?: Partial<Header["plan"]>;
  readonly host?: Partial<HostFingerprint>;
  readonly run?: Partial<RunSpec>;
  /** Cost of the agent "probe" in ns for each operation of 1000 ns. */
  readonly costNs?: number;
  /** Standard deviation of an operation's time from trial to trial, ns. */
  readonly noiseNs?: number;
  readonly seed?: number;
}

export const linesOf = (spec: SideSpec = {}): readonly RecordLine[] => {
  const noise = seededNoise(spec.seed ?? 1);
  return buildRecord({
    blocks: 12,
    agents: ["probe"],
    cpuNs: ({ agent }) =>
      1000 + (agent === "probe" ? (spec.costNs ?? 100) : 0) + noise() * (spec.noiseNs ?? 5),
    ...(spec.host?.emulated === undefined ? {} : { emulated: spec.host.emulated }),
    ...spec.run,
  }).map((line): RecordLine => (line.type === "header" ? withChanges(line, spec) : line));
};

export const sideOf = (spec: SideSpec = {}): Loaded => {
  const lines = linesOf(spec);
  const [header] = lines;
  if (header?.type !== "header") throw new Error("a record begins with its header");
  return { header, view: analyse(lines) };
};

const withChanges = (header: Header, { header: changes, plan, host }: SideSpec): Header => ({
  ...header,
  ...changes,
  plan: { ...header.plan, ...plan },
  // Another node has another boot.
  host: { ...header.host, bootId: value(`boot of ${host?.hostname ?? header.host.hostname}`), ...host },
});
