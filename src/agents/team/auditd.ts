/**
 * A team's audit.rules(7): rules by key, each with the exceptions of the file. Its settings of the queue hold, since they decide what the rules cost
 * and lose; those that would panic the node or lock the rules until reboot are left out.
 */
import type { Host } from "../../domain/host.ts";
import { own } from "../../domain/own.ts";
import { canCheckRules, whyNoRule } from "../shared/audit-check.ts";
import { auditdSheet } from "../shared/auditd.ts";
import type { OwnRules, RuleWords } from "../shared/audit-daemon.ts";
import { type PolicyFile, type ReadPolicy, refusePolicy, stemOf, type TeamAgent } from "./policy.ts";

interface Rule {
  readonly at: Line;
  readonly words: RuleWords;
  /** Its key, or where it stands; undefined: it keeps events away, and so belongs to every other rule. */
  readonly name: string | undefined;
}

interface Line {
  readonly file: PolicyFile;
  readonly number: number;
  readonly words: readonly string[];
}

const linesOf = (file: PolicyFile): readonly Line[] =>
  file.text.split("\n").flatMap((text, index) => {
    const words = text.trim().split(/\s+/);
    return words[0] === "" || words[0]?.startsWith("#") === true ? [] : [{ file, number: index + 1, words }];
  });

const LOCKS = "tare could not take the rules away again";

/** Nobody else's rules are in force, and what is printed tells a program nothing. */
const IDLE = new Set(["-D", "-s", "-l"]);

/** Of auditctl(8), why tare does not do it. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "-e": `tare switches audit on and off itself; and of locked rules, ${LOCKS}`,
  "-f": "tare sets 1 (printk): 2 would panic the node",
  "-i": "no rule that is refused is passed over",
  "-c": "no rule that is refused is passed over",
  "--loginuid-immutable": "it would hold until reboot",
  "--reset-lost": "tare reads that counter",
  "--reset_backlog_wait_time_actual": "it changes no rule",
};

const SETTINGS: Readonly<Record<string, keyof Omit<OwnRules, "rules">>> = {
  "-b": "backlogLimit",
  "-r": "rateLimit",
  "--backlog_wait_time": "backlogWaitTime",
};

const LIST_AND_ACTION = /^(?:task|exit|user|exclude|filesystem|io_uring|always|never|possible),\w+$/;
/** Each takes a word. */
const OPTIONS = new Set(["-F", "-C", "-S", "-k", "-p"]);

const HIDES_EVENTS = /^msgtype=(?:SYSCALL|1300)$/;

const refuse = ({ file, number }: Line, what: string): never => refusePolicy(file.path, number, what);

const ruleOf = (line: Line, action: RuleWords[0], isAlone: boolean): Rule => {
  const [, subject = "", ...options] = line.words;
  if (action === "-w" ? !subject.startsWith("/") : !LIST_AND_ACTION.test(subject))
    refuse(
      line,
      action === "-w"
        ? `a watch needs an absolute path, found "${subject}"`
        : `"${action}" needs a list and an action such as always,exit, found "${subject}"`,
    );
  for (let at = 0; at < options.length; at += 2) {
    const [option = "", word] = options.slice(at, at + 2);
    if (!OPTIONS.has(option)) refuse(line, `"${option}" is no option of a rule: -F, -C, -S, -k, -p`);
    if (word === undefined) refuse(line, `"${option}" has nothing behind it`);
  }
  if (subject.includes("exclude") && options.some((word) => HIDES_EVENTS.test(word)))
    refuse(line, "without SYSCALL records nothing tells how many events there are");
  return {
    at: line,
    words: [action, subject, ...options],
    name: keepsAway(subject) ? undefined : (keyIn(options) ?? placeOf(line, isAlone)),
  };
};

const keepsAway = (subject: string): boolean => /\b(?:never|exclude)\b/.test(subject);

const keyIn = (options: readonly string[]): string | undefined =>
  options.flatMap((word, at) => {
    if (options[at - 1] === "-k") return [word];
    return options[at - 1] === "-F" && word.startsWith("key=") ? [word.slice("key=".length)] : [];
  })[0];

const placeOf = ({ file, number }: Line, isAlone: boolean): string =>
  `${isAlone ? "" : `${stemOf(file.path)} `}line ${number}`;

const settingOf = (line: Line): number => {
  const [, word = ""] = line.words;
  const number = Number(word);
  return /^\d+$/.test(word) && Number.isSafeInteger(number)
    ? number
    : refuse(line, `"${line.words.join(" ")}" needs a whole number`);
};

/** @throws TareError `usage` at the first rule that auditctl does not take; what the kernel says of it, its turns will tell */
const check = async (host: Host, rules: readonly Rule[]): Promise<void> => {
  if (!(await canCheckRules(host))) return;
  for (const { at, words } of rules) {
    const why = await whyNoRule(host, words);
    if (why !== undefined) refuse(at, `auditctl refuses this rule: ${why}`);
  }
};

const read = (files: readonly PolicyFile[]): ReadPolicy => {
  const rules: Rule[] = [];
  const leftOut: string[] = [];
  const settings: Partial<Record<keyof Omit<OwnRules, "rules">, number>> = {};
  for (const line of files.flatMap(linesOf)) {
    const [command = ""] = line.words;
    const setting = own(SETTINGS, command);
    const why = own(LEFT_OUT, command);
    if (command === "-a" || command === "-A" || command === "-w")
      rules.push(ruleOf(line, command, files.length === 1));
    else if (setting !== undefined) settings[setting] = settingOf(line);
    else if (why !== undefined)
      leftOut.push(`${line.file.path}:${line.number}: ${line.words.join(" ")}: ${why}`);
    else if (!IDLE.has(command))
      refuse(line, `"${command}" is none of -a, -A, -w, -b, -r, --backlog_wait_time, which tare follows`);
  }
  const names = [...new Set(rules.flatMap(({ name }) => name ?? []))];
  if (names.length === 0)
    refusePolicy(files[0]?.path ?? "", undefined, "it has no rule that reports anything");
  const sheetWith = (isWanted: (rule: Rule) => boolean) =>
    auditdSheet({ ...settings, rules: rules.filter(isWanted).map(({ words }) => words) });
  return {
    rules: names,
    leftOut,
    check: (host) => check(host, rules),
    notes: [
      "what an earlier rule of the file has caught: the kernel reports an operation once, with that rule's key",
    ],
    sheet: (rule) =>
      sheetWith(({ name }) => rule === undefined || name === undefined || name === names[rule]),
    // So that what a rule costs that matches nothing is told from what audit itself does.
    none: () => sheetWith(({ name }) => name === undefined),
  };
};

export const teamAuditd: TeamAgent = {
  id: "auditd",
  title: "Linux audit (auditd)",
  endings: [".rules"],
  read,
};
