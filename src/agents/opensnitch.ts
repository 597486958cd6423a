/**
 * OpenSnitch's daemon without its window: netfilter hands it the first packet of each connection, it looks up the process, decides by
 * its rules, and only then may the packet go: https://github.com/evilsocket/opensnitch (wiki: Configurations, Rules).
 *
 * It would put its rules into the node's firewall. So it runs in a private network namespace, together with the workload,
 * and in a mount namespace, because the place of its configuration is built in.
 */
import { type AgentContext, defineAgent, type RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { awaitLogged } from "./shared/await-start.ts";
import { lostLines } from "./shared/lost-lines.ts";
import { coverFolder, needsNamespaces } from "./shared/namespaces.ts";
import { type Check, needsCommand, needsRoot } from "./shared/obstacle.ts";
import { debianVersion, probeBy, versionOf } from "./shared/probe.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";

const NAMESPACES = ["network", "mount"] as const;
const FOLDER = "/etc/opensnitchd";
/** How it asks which process a connection belongs to; Debian's default. Where that does not work it uses another, and says so in its log only. */
const ASKED_METHOD = "ebpf";
/** Of its levels only debug (0) names the connections that were allowed. */
const DEBUG = 0;

/** Debian's default-config.json, but for the log, its level, and a window's socket where no window listens. */
const configuration = (directory: string): string =>
  JSON.stringify(
    {
      Server: { Address: `unix://${directory}/no-window.sock`, LogFile: `${directory}/opensnitchd.log` },
      DefaultAction: "allow",
      DefaultDuration: "once",
      InterceptUnknown: false,
      ProcMonitorMethod: ASKED_METHOD,
      LogLevel: DEBUG,
      Firewall: "iptables",
      Stats: { MaxEvents: 150, MaxStats: 25 },
    },
    null,
    2,
  );

const RULE_NAME = "tare-allow-all";
/** Every connection is decided by a rule, as on a node that is in use, and none is denied. */
const RULE = JSON.stringify({
  created: "2026-01-01T00:00:00Z",
  updated: "2026-01-01T00:00:00Z",
  name: RULE_NAME,
  enabled: true,
  precedence: false,
  action: "allow",
  duration: "always",
  operator: { type: "simple", operand: "true", sensitive: false, data: "", list: [] },
});

/** Tries the very rule that the daemon will set, in a network namespace that is gone with the command. */
const needsQueueing: Check = async (host) => {
  const rule = ["-t", "mangle", "-A", "OUTPUT", "-j", "NFQUEUE", "--queue-num", "0", "--queue-bypass"];
  const tried = await host.run("unshare", ["--net", "iptables", ...rule]);
  return tried.exitCode === 0
    ? undefined
    : {
        reason: `this kernel does not queue packets to programs (NFQUEUE): ${tried.stderr.trim().split("\n")[0] ?? ""}`,
        hint: "load xt_NFQUEUE and nfnetlink_queue, or use a kernel with CONFIG_NETFILTER_XT_TARGET_NFQUEUE",
      };
};

/** `/proc (error starting ebpf monitor method: ...)`: the method that runs, and why it is not the one that was asked for. */
const methodIn = (log: string): string => {
  const method = /Process monitor method (\S+)/.exec(log)?.[1];
  if (method === undefined) return "unknown: its log names none";
  const why = /error starting \S+ monitor method: .*/.exec(log)?.[0];
  return why === undefined ? method : `${method} (${why})`;
};

/**
 * A packet that its own workers do not take in time is let pass without a decision and without a line in the log; it says so on standard
 * error (daemon/netfilter/queue.go, go_callback). What the kernel cannot hand over is no loss: TCP sends it again.
 */
const LET_PASS = /^(?:Timed out while|Error) sending packet to queue channel \d+$/;

const start = async (host: Host, context: AgentContext): Promise<RunningAgent> => {
  const { directory } = context;
  const log = `${directory}/opensnitchd.log`;
  const output = `${directory}/opensnitchd.out`;
  await coverFolder(host, context, FOLDER, { "default-config.json": configuration(directory) });
  await host.makeDirectory(`${directory}/rules`, 0o700);
  await host.writeText(`${directory}/rules/${RULE_NAME}.json`, RULE, 0o600);
  const process = await context.launch(
    {
      command: "opensnitchd",
      args: ["-rules-path", `${directory}/rules`],
      // The legacy iptables would leave its lock file on the node.
      env: { XTABLES_LOCKFILE: `${directory}/xtables.lock` },
      stdout: output,
      stderr: output,
    },
    // Its queue is at times stuck until the daemon gives it up after four seconds.
    { signals: ["SIGTERM"], graceMs: 8000 },
  );
  // Only its log tells which method it really uses, and only at the end of its start.
  await awaitLogged(host, context, /Running on netfilter queue/, {
    process,
    who: "opensnitchd",
    lacking: 'did not say "Running on netfilter queue"',
    log,
    every: 50,
    atMost: 10_000,
  });
  const said = known(await host.readText(log)) ?? "";
  return {
    processes: [process],
    // The line that tells of the verdict has the destination in bold; other debug lines have it plain. The arrow before it is -> in 1.5
    // and, after the source, => in 1.6 (daemon/main.go, onPacket).
    outputs: [{ path: log, forms: { network: { kind: "ipv4", before: "> \u001B[1m" } } }],
    logs: [log, output],
    settings: {
      command: "opensnitchd -rules-path RULES",
      configuration: configuration("DIRECTORY"),
      rules: `one: allow everything, always (${RULE_NAME})`,
      processMonitor: `asked for: ${ASKED_METHOD}; runs: ${methodIn(said)}`,
      log: "debug: the only level that names allowed connections, several lines for each",
      firewall:
        "iptables in a network namespace of the run's own: new connections to NFQUEUE, accepted when nobody listens",
      buffers: "netfilter's queue as the daemon sets it; there is no setting for it",
    },
    lost: lostLines(host, output, LET_PASS),
  };
};

export default defineAgent({
  id: "opensnitch",
  title: "OpenSnitch (application firewall)",
  homepage: "https://github.com/evilsocket/opensnitch",
  observes: ["network"],
  coverage: {
    claims: [
      { of: ["connect-unix"], claimed: "nothing", why: "connects to Unix sockets" },
      { of: ["connect-ipv6"], claimed: "nothing", why: "connects over IPv6 to the loopback address" },
      {
        of: ["connect-non-blocking", "connect-sendto"],
        claimed: "depends",
        why: "connections of a process that has ended when it looks for their owner",
      },
      {
        of: [
          "connect-tcp",
          "connect-untouched",
          "connect-fast-open",
          "connect-io-uring",
          "connect-ipv4-mapped",
          "connect-32-bit-call",
        ],
        claimed: "otherwise",
        why: "which process connects: its line has the path of the program and no number",
      },
      {
        of: ["connect-udp"],
        claimed: "nothing",
        why: "a UDP connect that sends nothing",
      },
    ],
    notes: [
      "anything but the first packet of a connection",
      "connections that its netfilter rule lets pass while it is not running",
      "which process a short connection belongs to, where it has to search /proc for it",
      "execs and files, by design",
    ],
  },
  overload: "blocks",
  telling: { deeds: { connect: /> .\[1m[\d:[]/ } },
  lossCounter: EACH_EVENT,
  notInGuest: "it takes netfilter, and the kernel of a guest that counts loads no modules",
  packages: ["opensnitch", "iptables"],
  guestPackages: { trixie: ["opensnitch", "opensnitch-ebpf-modules", "iptables"] },
  units: ["opensnitch"],
  isolation: NAMESPACES,
  optIn:
    "it filters the packets of the whole node, so the whole run is moved into network and mount namespaces of its own",
  probe: probeBy(
    [
      needsCommand("opensnitchd", "opensnitch"),
      needsRoot,
      needsCommand("iptables", "opensnitch"),
      needsNamespaces(NAMESPACES),
      needsQueueing,
    ],
    "opensnitchd",
    async (host) =>
      (await debianVersion(host, "opensnitch")) ?? (await versionOf(host, "opensnitchd", ["-version"])),
  ),
  start,
});
