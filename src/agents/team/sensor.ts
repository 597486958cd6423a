/**
 * Policies of tare's own sensor (bpf/README.md#policy). It takes one, so several together are as many sensors that write to one file. Observed are
 * the families that a policy names, or its default ones where it names none.
 */
import * as z from "zod";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { known, missing, type Reading, value } from "../../domain/units.ts";
import { readYaml } from "../../domain/yaml-file.ts";
import type { AgentContext, GuestContext, GuestStart, RunningAgent } from "../../domain/agent.ts";
import { fromOneLine, inOneLine } from "../shared/guest-shell.ts";
import { ownProgram } from "../shared/own-program.ts";
import {
  lostIn,
  RING_BYTES,
  SENSOR,
  SENSOR_FORMS,
  SENSOR_SHEET,
  sensorInGuest,
  startSensorOf,
} from "../shared/tare-sensor.ts";
import {
  ENFORCING_HINT,
  POLICY_HINT,
  type PolicyFile,
  type ReadPolicy,
  refusePolicy,
  stemOf,
  type TeamAgent,
} from "./policy.ts";

const FAMILIES = ["exec", "file", "network", "accept", "flow"] as const;
const USUAL = ["exec", "file", "network"] as const;

/** What tare must know of it; the sensor itself checks the rest. */
const Policy = z.looseObject({
  rate: z.unknown().exactOptional(),
  deny: z.unknown().exactOptional(),
  network: z.looseObject({ addresses: z.array(z.string()).exactOptional() }).exactOptional(),
});

interface SensorPolicy extends PolicyFile {
  readonly families: readonly string[];
  readonly thins: boolean;
}

/** Of the addresses that the workload connects to, not all. */
const isPartOfLoopback = (address: string): boolean => {
  const [, bits = "32"] = /^127\.[\d.]+(?:\/(\d+))?$/.exec(address) ?? [];
  return address.startsWith("127.") && Number(bits) > 8;
};

const policyOf = (file: PolicyFile, enforcing: boolean): SensorPolicy => {
  const { content, refuse } = readYaml(Policy, file.text, file.path, POLICY_HINT);
  if (content.deny !== undefined && !enforcing)
    refuse(
      ["deny"],
      'it kills or refuses ("deny"), which tare does not measure unless asked',
      ENFORCING_HINT,
    );
  const named = FAMILIES.filter((family) => family in content);
  return {
    ...file,
    families: named.length === 0 ? USUAL : named,
    thins: content.rate !== undefined || (content.network?.addresses ?? []).some(isPartOfLoopback),
  };
};

const familyFlagOf = ({ families }: SensorPolicy): string => `--families=${families.join(",")}`;

/** @throws TareError `usage` with what the sensor says of the first that it does not take */
const check = async (host: Host, policies: readonly SensorPolicy[]): Promise<void> => {
  const program = ownProgram(host, SENSOR);
  // The probe says that it is not built.
  if ((await host.which(program)) === undefined) return;
  for (const policy of policies) {
    const args = [familyFlagOf(policy), `--policy=${policy.path}`, "--check"];
    const { exitCode, stdout, stderr } = await host.run(program, args);
    if (exitCode !== 0)
      throw new TareError(
        "usage",
        `${policy.path}: the sensor refuses it: ${(stderr + stdout).trim()}`,
        "see bpf/README.md#policy",
      );
  }
};

const sumOf = (readings: readonly Reading<number>[]): Reading<number> => {
  const lacking = readings.find(({ kind }) => kind === "missing");
  return lacking?.kind === "missing"
    ? missing(lacking.reason)
    : value(readings.reduce((sum, one) => sum + (known(one) ?? 0), 0));
};

const start = async (
  host: Host,
  context: AgentContext,
  policies: readonly SensorPolicy[],
): Promise<RunningAgent> => {
  const events = `${context.directory}/events.jsonl`;
  const ring = RING_BYTES[context.buffers];
  const started: Awaited<ReturnType<typeof startSensorOf>>[] = [];
  for (const [index, policy] of policies.entries()) {
    const directory = `${context.directory}/policy-${index + 1}`;
    await host.makeDirectory(directory, 0o700);
    await host.writeText(`${directory}/policy.yaml`, policy.text, 0o600);
    const flags = [
      familyFlagOf(policy),
      `--policy=${directory}/policy.yaml`,
      `--ring-bytes=${ring}`,
      `--output=${events}`,
    ];
    started.push(await startSensorOf(host, { ...context, directory }, flags));
  }
  return {
    processes: started.map(({ process }) => process),
    // Each line is written whole, so that several may append to one file.
    outputs: [{ path: events, forms: SENSOR_FORMS }],
    logs: started.map(({ log }) => log),
    settings: {
      ...Object.fromEntries(
        policies.map((policy) => [
          policy.path,
          `tare-sensor ${familyFlagOf(policy)} --policy\n${policy.text.trim()}`,
        ]),
      ),
      ring: `${ring} bytes${policies.length === 1 ? "" : " of each sensor"}`,
      hooks: started.map(({ hooks }) => hooks ?? "unknown").join("\n"),
    },
    lost: async () => sumOf(await Promise.all(started.map(({ lost }) => lost()))),
  };
};

const EACH = "for pid in $(cat $GROUP/cgroup.procs)";

/** As many sensors as policies here too: the first is the one that is waited for. */
const inGuest = (context: GuestContext, policies: readonly SensorPolicy[]): GuestStart => {
  const starts = policies.map((policy, index) =>
    sensorInGuest(
      context,
      [familyFlagOf(policy), `--policy=policy-${index + 1}.yaml`],
      undefined,
      `stats-${index + 1}.jsonl`,
    ),
  );
  const [first, ...others] = starts;
  if (first === undefined) throw new RangeError("there is no policy");
  return {
    ...first,
    files: Object.fromEntries(policies.map(({ text }, index) => [`policy-${index + 1}.yaml`, text])),
    before: starts.map(({ before = ":" }) => before).join("\n"),
    exec: [...others.map(({ exec }) => `${exec.replace(/^exec /, "")} &`), first.exec].join("\n"),
    ready: `[ "$(grep -c '^{"ready":true' stderr)" = ${starts.length} ]`,
    end: `${EACH}; do kill "$pid"; done`,
    outputs: first.outputs,
    lost: {
      ask: `${EACH}; do kill -USR1 "$pid"; done\nrest 1\n${inOneLine("tail -q -n 1 stats-*.jsonl")}`,
      read: (line) => {
        const lines = fromOneLine(line)
          .split("\n")
          .filter((one) => one !== "");
        return lines.length === starts.length
          ? sumOf(lines.map(lostIn))
          : missing(`${starts.length} sensors wrote ${lines.length} lines of statistics`);
      },
    },
  };
};

const read = (files: readonly PolicyFile[], enforcing: boolean): ReadPolicy => {
  const policies = files.map((file) => policyOf(file, enforcing));
  const [first] = policies;
  if (first === undefined) return refusePolicy("", undefined, "there is no policy");
  return {
    rules: policies.map(({ path }) => stemOf(path)),
    leftOut: [],
    notes: policies.length === 1 ? [] : ["together: as many sensors as policies, since one takes one"],
    ...(policies.some(({ thins }) => thins)
      ? {
          thins:
            "its policy limits their rate, or names a part of the addresses: what is missing may be what it was told to drop",
        }
      : {}),
    sheet: (rule) => ({
      ...SENSOR_SHEET,
      showsWithinMs: 1500,
      start: (host, context) =>
        start(host, context, rule === undefined ? policies : policies.slice(rule, rule + 1)),
      inGuest: (_host, context) =>
        Promise.resolve(inGuest(context, rule === undefined ? policies : policies.slice(rule, rule + 1))),
    }),
    check: (host) => check(host, policies),
  };
};

export const teamSensor: TeamAgent = {
  id: "sensor",
  title: "tare's eBPF sensor",
  endings: [".yaml", ".yml"],
  read,
};
