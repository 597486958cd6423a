/**
 * Falco in its owner's hands: where its events go, what its settings cost, and how it tells its losses, by the configuration that it makes of its
 * files and arguments (falco-configuration.ts). Channels: https://falco.org/docs/concepts/outputs/channels/; metrics:
 * https://falco.org/docs/concepts/metrics/.
 */
import type { RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { missing, PLAIN_FAMILIES, type Reading } from "../../domain/units.ts";
import { FALCO_FORMS, falcoMetrics, falcoPage } from "../shared/falco.ts";
import { falcoConfiguration, isOn, keyOf, type Settings } from "./falco-configuration.ts";
import { getFromNetworkOf } from "./own-network.ts";
import type { OwnedAgent } from "./owned.ts";
import { ON_THE_NODE, pathFrom, type Whereabouts } from "./whereabouts.ts";

const textOf = (told: unknown): string | undefined =>
  typeof told === "string" || typeof told === "number" ? String(told) : undefined;

const fileOf = ({ merged }: Settings): unknown =>
  isOn(keyOf(merged, "file_output.enabled")) ? keyOf(merged, "file_output.filename") : undefined;

/** Channels that tare does not read. */
const ELSEWHERE = ["http_output", "program_output", "syslog_output"];

/** What decides its cost, for the record; what is left out stands as Falco has it by default. */
const COSTLY = [
  "rules_files",
  "load_plugins",
  "engine",
  "base_syscalls",
  "rule_matching",
  "buffered_outputs",
  "outputs_queue",
  "json_output",
  "file_output",
  "metrics",
];

/** As Prometheus writes a duration, and Falco reads it (parse_prometheus_interval); undefined for what is none. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
export const durationMs = (told: string): number | undefined => {
  const text = told.replaceAll(/\s/g, "");
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)(ms|[smhdwy])/g);
  return [...parts].reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
};

/** Beyond it, no reading would be of the moment at which it is asked for. */
const MAX_INTERVAL_MS = 10_000;

const lossesInFile = async (host: Host, at: Whereabouts, merged: unknown): Promise<Reading<number>> => {
  const path = pathFrom(at, keyOf(merged, "metrics.output_file"));
  if (path === undefined)
    return missing(
      "its owner's configuration has neither metrics.output_file nor webserver.prometheus_metrics_enabled, so nothing tells its losses",
    );
  const told = textOf(keyOf(merged, "metrics.interval")) ?? "5s";
  const interval = durationMs(told);
  if (interval === undefined || interval > MAX_INTERVAL_MS)
    return missing(
      `its owner's metrics.interval is ${told}, so that its losses are not told when they are asked for: 1s, or webserver.prometheus_metrics_enabled, would`,
    );
  return await falcoMetrics(host, path, PLAIN_FAMILIES, interval);
};

/** Its server's page is of the moment; a file, of the last interval. */
const losses = async (host: Host, at: Whereabouts): Promise<Reading<number>> => {
  const { merged } = await falcoConfiguration(host, at);
  if (!isOn(keyOf(merged, "metrics.enabled")))
    return missing("its owner's configuration has no metrics.enabled, so nothing tells its losses");
  const hasPage =
    isOn(keyOf(merged, "webserver.enabled")) && isOn(keyOf(merged, "webserver.prometheus_metrics_enabled"));
  if (hasPage && !isOn(keyOf(merged, "webserver.ssl_enabled"))) {
    const address = textOf(keyOf(merged, "webserver.listen_address")) ?? "0.0.0.0";
    const port = textOf(keyOf(merged, "webserver.listen_port")) ?? "8765";
    const page = await falcoPage(
      (url) => getFromNetworkOf(host, at.network, url),
      `${address === "0.0.0.0" ? "127.0.0.1" : address}:${port}`,
      PLAIN_FAMILIES,
    );
    if (page.kind === "value") return page;
  }
  return await lossesInFile(host, at, merged);
};

export const ownedFalco: OwnedAgent = {
  printed: { forms: FALCO_FORMS },
  outputs: async (host, at = ON_THE_NODE) => {
    const path = pathFrom(at, fileOf(await falcoConfiguration(host, at)));
    return path === undefined ? [] : [{ path, forms: FALCO_FORMS }];
  },
  notFollowed: async (host, at = ON_THE_NODE) => {
    const settings = await falcoConfiguration(host, at);
    const filename = fileOf(settings);
    if (filename !== undefined)
      return pathFrom(at, filename) !== undefined
        ? undefined
        : `file_output.filename is ${JSON.stringify(filename)}, which only Falco can resolve`;
    const on = ELSEWHERE.filter((channel) => isOn(keyOf(settings.merged, `${channel}.enabled`)));
    return on.length === 0
      ? undefined
      : `its events go to ${on.join(" and ")}, which tare does not read: file_output.enabled and file_output.filename would have them counted`;
  },
  settings: async (host, at = ON_THE_NODE) => {
    const { files, merged, rules } = await falcoConfiguration(host, at);
    const told = COSTLY.flatMap((key) => {
      const value = key === "rules_files" && rules.length > 0 ? rules : keyOf(merged, key);
      return value === undefined ? [] : [[key, JSON.stringify(value)] as const];
    });
    return { configurationFiles: files.join(" "), ...Object.fromEntries(told) };
  },
  lostBy:
    (host, at = ON_THE_NODE): RunningAgent["lost"] =>
    () =>
      losses(host, at),
};
