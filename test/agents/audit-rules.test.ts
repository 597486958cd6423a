/** What `auditctl -l` prints, and the arguments of the rules behind it. The lines are auditctl's own, for rules with such paths and keys. */
import { expect, test } from "vitest";
import { parseRule } from "../../src/agents/shared/audit-rules.ts";

test.each([
  ["-w /etc/shadow -p wa -k secret", ["-w", "/etc/shadow", "-p", "wa", "-k", "secret"]],
  ["-w /opt/Edge Proxy/conf -p wa -k edge", ["-w", "/opt/Edge Proxy/conf", "-p", "wa", "-k", "edge"]],
  ["-w /srv/two  spaces -p rwxa", ["-w", "/srv/two  spaces", "-p", "rwxa"]],
  ["-w /srv/x -p r -k a key of words -k b", ["-w", "/srv/x", "-p", "r", "-k", "a key of words", "-k", "b"]],
  [
    "-a always,exit -S all -F dir=/opt/Edge Proxy/bin -F perm=x -F auid>=1000 -F key=edge run",
    [
      "-a",
      "always,exit",
      "-S",
      "all",
      "-F",
      "dir=/opt/Edge Proxy/bin",
      "-F",
      "perm=x",
      "-F",
      "auid>=1000",
      "-F",
      "key=edge run",
    ],
  ],
  [
    "-a always,exit -F arch=b64 -S execve,openat -F exe=/srv/ends with one  -F auid!=-1 -C uid!=euid",
    [
      "-a",
      "always,exit",
      "-F",
      "arch=b64",
      "-S",
      "execve,openat",
      "-F",
      "exe=/srv/ends with one ",
      "-F",
      "auid!=-1",
      "-C",
      "uid!=euid",
    ],
  ],
  ["-a never,task", ["-a", "never,task"]],
  ["-a always,exclude -F msgtype=CWD", ["-a", "always,exclude", "-F", "msgtype=CWD"]],
  [
    "-a always,exit -F arch=b32 -S open -F a1&0x3",
    ["-a", "always,exit", "-F", "arch=b32", "-S", "open", "-F", "a1&0x3"],
  ],
])("%s", (line, args) => {
  const [verb, ...rest] = args;
  expect(parseRule(line)).toEqual({
    line,
    add: ["auditctl", ...args],
    remove: ["auditctl", verb === "-w" ? "-W" : "-d", ...rest],
  });
});

test.each([
  ["permissions listed before the path", " -p x-w /srv/x -k k"],
  ["the rest of a path with a line end", "second line -p wa"],
  ["a path that may hold an option", "-w /srv/a -p r -p wa -k k"],
  ["a path that may hold a key", "-w /srv/a -k b -p wa"],
  ["a path that may hold system calls", "-a always,exit -S all -F path=/srv/a -S open -F perm=r"],
  ["a field that auditctl cannot name", "-a always,exit -S all f117=3"],
  ["an older list of system calls", "-a always,exit -S open -S ,read"],
  ["no rule", "NLMSG_ERROR 1 (Operation not permitted)"],
])("is refused: %s", (_, line) => {
  expect(parseRule(line)).toBeUndefined();
});
