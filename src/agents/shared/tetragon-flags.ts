/**
 * What Tetragon is told besides policies. It reads the node owner's settings whatever it is told: /usr/lib and /usr/local/lib/tetragon/tetragon.conf.d,
 * ./tetragon.yaml, /etc/tetragon/tetragon.yaml and /etc/tetragon/tetragon.conf.d (cmd/tetragon/conf.go of https://github.com/cilium/tetragon), and
 * `--config-dir` only adds to them. Flags win over all of these, so whatever changes what is counted or what it costs is given as a flag, with
 * the default of pkg/option/flags.go there.
 */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";

/** What would leave events out, put several into one, change them, or write them to the owner's file. */
const NEUTRAL = [
  "export-filename=",
  "export-file-rotation-interval=0",
  "export-rate-limit=-1",
  "export-allowlist=",
  "export-denylist=",
  "enable-export-aggregation=false",
  "field-filters=",
  "redaction-filters=",
  "cgroup-rate=",
  "tracing-policy=",
  "enable-k8s-api=false",
  // What makes an event longer or dearer.
  "enable-process-cred=false",
  "enable-process-ns=false",
  "enable-ancestors=",
  "username-metadata=disabled",
  "debug=false",
  "log-level=info",
  // What decides when events are lost.
  "use-perf-ring-buffer=false",
  "rb-size=0",
  "rb-size-total=0",
  "rb-queue-size=65535",
  "event-queue-size=10000",
  "process-cache-size=65536",
  "data-cache-size=1024",
  "disable-kprobe-multi=false",
  // What would stay on the node, or listen on it.
  "keep-sensors-on-exit=false",
  "release-pinned-bpf=true",
  "gops-address=",
] as const;

/** The least that it takes: a page of ring buffer for each CPU, and queues of one event. */
const SMALLEST = ["rb-size=4096", "rb-size-total=0", "rb-queue-size=1", "event-queue-size=1"] as const;

const nameOf = (flag: string): string => flag.split("=")[0] ?? flag;

/** Whether a help text has a line for the option: not one for a name that begins like it, and not a description that mentions it. */
const lists = (help: string, name: string): boolean =>
  new RegExp(`^\\s*(?:-\\w, )?--${name}(?![\\w-])`, "m").test(help);

/**
 * The flags of all of these that this version's own `--help` lists, as an unknown one would end it. What is asked for in so many words
 * (`needed`, and the least buffers) is given whatever the help says.
 */
export const tetragonFlags = async (
  host: Host,
  program: string,
  needed: readonly string[],
  buffers: AgentContext["buffers"],
): Promise<readonly string[]> => {
  const { stdout, stderr } = await host.run(program, ["--help"]);
  const asked = [...needed, ...(buffers === "smallest" ? SMALLEST : [])];
  const names = new Set(asked.map(nameOf));
  const neutral = NEUTRAL.filter((flag) => !names.has(nameOf(flag)) && lists(stdout + stderr, nameOf(flag)));
  return [...neutral, ...asked].map((flag) => `--${flag}`);
};
