/** Shapes of output that people have published of eight agents, in short: two records on a line, one event in several records, other versions. */
import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { FALCO_FORMS } from "../../src/agents/shared/falco.ts";
import { FORMS as TETRAGON_FORMS } from "../../src/agents/shared/tetragon.ts";
import type { TokenForm } from "../../src/domain/agent.ts";
import { createTally } from "../../src/observe/ledger.ts";
import { TOKEN_IN } from "../support/workloads.ts";

type Shape = readonly [
  name: string,
  family: "exec" | "file" | "network",
  form: TokenForm | undefined,
  delivered: number,
  lines: readonly string[],
];
const TEXT: TokenForm = { kind: "text" };
const token = (operation: number): string => `TK-0a1b-0000000${operation}`;
const path = (operation: number): string => `/srv/w/TK-0a1b/0000000${operation}`;

const SHAPES: readonly Shape[] = [
  [
    "audit, enriched, the arguments' record after that of another event",
    "exec",
    TEXT,
    2,
    [
      `type=SYSCALL msg=audit(1:7): syscall=59 key="k"ARCH=x86_64 SYSCALL=execve`,
      `type=EXECVE msg=audit(1:8): argc=2 a0="noop" a1="${token(2)}"`,
      `type=EXECVE msg=audit(1:7): argc=3 a0="sh" a1="${token(1)}" a2_len=9000 a2[0]=6563686F`,
      "type=PROCTITLE msg=audit(1:7): proctitle=6E6F6F70",
    ],
  ],
  [
    "audit's addresses, enriched and plain",
    "network",
    { kind: "sockaddr", before: "saddr=" },
    2,
    [
      "type=SOCKADDR msg=audit(1:9): saddr=0200A1717FB000050000000000000000SADDR={ saddr_fam=inet laddr=127.176.0.5 lport=41329 }",
      "type=SOCKADDR msg=audit(1:10): saddr=0200A1717FB000060000000000000000",
    ],
  ],
  [
    "Falco, two alerts without a line end between them, and its own about drops",
    "exec",
    FALCO_FORMS.exec,
    2,
    [
      `{"output":"exec (cmd=noop ${token(1)})","output_fields":{"proc.cmdline":"noop ${token(1)}"}}{"output_fields":{"proc.cmdline":"noop ${token(2)}"}}`,
      `{"output":"Falco internal: syscall event drop. 109 system calls dropped","rule":"Falco internal: syscall event drop"}`,
    ],
  ],
  [
    "Tetragon, spaced and unspaced, with its throttle in between",
    "exec",
    TETRAGON_FORMS.exec,
    2,
    [
      `{"process_exec":{"process":{"binary":"/w/noop","arguments":"${token(1)}"}}}`,
      `{"process_throttle":{"type":"THROTTLE_START"}}`,
      `{"process_exec": {"process": {"binary": "/w/noop", "arguments": "${token(2)} \\"\\""}}}`,
    ],
  ],
  [
    "Tracee, the address under either of its types",
    "network",
    { kind: "ipv4", before: '"sin_addr":"' },
    2,
    [
      '{"args":[{"type":"struct sockaddr*","value":{"sa_family":"AF_INET","sin_addr":"127.176.0.5","sin_port":"0"}}]}',
      '{"args":[{"type":"SockAddr","value":{"sa_family":"AF_INET","sin_addr":"127.176.0.6","sin_port":"41329"}}]}',
    ],
  ],
  [
    "osquery, its event, snapshot and batch logs",
    "exec",
    TEXT,
    4,
    [
      `{"name":"exec","columns":{"cmdline":"\\"noop\\" \\"${token(1)}\\""},"action":"added"}`,
      `{"snapshot":[{"cmdline":"noop ${token(2)}"},{"cmdline":"noop ${token(3)}"}],"action":"snapshot"}`,
      `{"diffResults":{"removed":[{"cmdline":"noop ${token(1)}"}],"added":[{"cmdline":"noop ${token(4)}"}]}}`,
    ],
  ],
  [
    "KubeArmor",
    "file",
    TEXT,
    1,
    [`{"Type":"HostLog","Operation":"File","Resource":"${path(2)}","Result":"Passed"}`],
  ],
  [
    "LAUREL, arguments as a list and as one text",
    "exec",
    TEXT,
    2,
    [`{"EXECVE":{"ARGV":["noop","${token(1)}"]}}`, `{"EXECVE":{"ARGV_STR":"noop ${token(2)}"}}`],
  ],
  [
    "execsnoop of bcc and of libbpf-tools",
    "exec",
    TEXT,
    2,
    [`noop  41  40  0 /w/noop ${token(1)}`, `10:00:01 noop  42  40  0 "/w/noop" "${token(2)}"`],
  ],
];

test.each(SHAPES)("%s, %s", (_, family, form, delivered, lines) => {
  if (form === undefined) throw new Error("no form");
  const tally = createTally({ form, tokenIn: TOKEN_IN[family], trial: "0a1b", operations: 64 });
  tally.feed(Buffer.from(`${lines.join("\n")}\n`));
  expect(tally.end().delivered).toBe(delivered);
});
