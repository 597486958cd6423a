/** What agents write, as `tare coverage` reads it: taken apart into events, and searched for operations. */
import { join } from "node:path";
import type { Agent } from "../../../src/domain/agent.ts";
import { DEEDS } from "../../../src/domain/technique.ts";
import type { DoneOperation } from "../../../src/domain/technique-line.ts";
import { loadFolder } from "../../../src/host/load-folder.ts";
import { eventsAbout, excerptOf, toldOf } from "../../../src/observe/told.ts";
import type { Target } from "../engine/target.ts";

const agents = [...(await loadFolder<Agent>(join(import.meta.dirname, "../../../src/agents"))).values()];
const tellings = agents.flatMap(({ telling }) => telling ?? []);

const OPERATION: DoneOperation = {
  technique: "open-openat",
  pid: 812,
  marks: ["TK-0001-1000", "127.101.116.10"],
  objects: [["/w/TK-0001-1000"]],
};

const SEEDS = [
  '{"type":"open","time":1,"pid":812,"comm":"TK-0001-1000","path":"/w/TK-0001-1000"}\n',
  'type=SYSCALL msg=audit(1.2:3): pid=812 exe=2F6D656D666420 key="tare-file"\ntype=PATH msg=audit(1.2:3): name="/w/TK-0001-1000"\n',
  "type=SOCKADDR msg=audit(1.2:4): saddr=0A000035000000000000000000000000000000000000000100000000\n",
  "file pid=812 comm=TK-0001-1000 path=/w/TK-0001-1000\n",
  "PCOMM PID PPID RET ARGS\nnoop 812 1 0 /w/TK-0001-1000 TK-0001-1000\n",
  "TK-0001-1000(812): RCO /w/TK-0001-1000\n",
  " 5530.167 ( 0.145 ms): TK-0001-1000/812 execve(filename: 0x1) = 0\n",
];

const target: Target = {
  found: () => ["f".repeat(16_000), "saddr=".repeat(2000), `${"1 ".repeat(8000)}\n`, "(".repeat(16_000)],
  seeds: () => SEEDS,
  words: [...SEEDS.flatMap((seed) => seed.split(/(?<=[ ,:])/)), "saddr=0100", "saddr=0200", "exe=", "\\/"],
  maxBytes: 1 << 14,
  // Each input is put to all of them.
  maxMs: 1000,
  run: (input) => {
    const output = Buffer.from(input).toString("latin1");
    for (const telling of tellings) {
      const events = eventsAbout(output, telling, [OPERATION]);
      for (const deed of DEEDS) {
        const { told, event } = toldOf(events, telling, deed, OPERATION);
        if ((event === undefined) !== (told === "nothing")) throw new Error(`${deed} is told ${told}`);
        if (event !== undefined && excerptOf(event, OPERATION).length > 260)
          throw new Error("an excerpt has no bound");
      }
    }
  },
};
export default target;
