/**
 * Rules as `auditctl -l` lists them, taken apart into the arguments that they were made of. It quotes nothing, so a path or a key may
 * hold spaces: an argument ends where the next option begins.
 */

export interface ListedRule {
  readonly line: string;
  /** The command that adds it, and the one that takes away it alone. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

type Option = readonly [name: string, text: string];

const NEXT_OPTION = / (?=-[A-Za-z] )/;
const NAMES = /^\w+(?:,\w+)*$/;
/** The fields first whose values are their owner's text. */
const FIELD = /^(?:(?:path|dir|exe|key|(?:subj|obj)_\w+)!?=.+|[a-z]\w*(?:!=|>=|<=|&=|=|>|<|&)\S+)$/;

/** In this order: path, permissions, keys. */
const isWatch = ([path, permissions, ...keys]: readonly Option[]): boolean =>
  path?.[1].startsWith("/") === true &&
  permissions?.[0] === "-p" &&
  /^[rwxa]+$/.test(permissions[1]) &&
  keys.every(([name, text]) => name === "-k" && text !== "");

/** In this order: list, architecture, system calls, other fields. */
const isFilter = ([list, ...options]: readonly Option[]): boolean =>
  NAMES.test(list?.[1] ?? "") &&
  options.every(([name, text], index) => {
    if (name === "-S") return NAMES.test(text) && index === (/^arch\W/.test(options[0]?.[1] ?? "") ? 1 : 0);
    return name === "-F" ? FIELD.test(text) : name === "-C" && /^\S+$/.test(text);
  });

/** undefined for a line that is no rule, or one that could be read in more than one way: it could not be put back. */
export const parseRule = (line: string): ListedRule | undefined => {
  const options = line.split(NEXT_OPTION).map((option): Option => [option.slice(0, 2), option.slice(3)]);
  const commands = (add: string, remove: string): ListedRule => {
    const [, ...rest] = options.flat();
    return { line, add: ["auditctl", add, ...rest], remove: ["auditctl", remove, ...rest] };
  };
  const [verb] = options[0] ?? [];
  if (verb === "-a" && isFilter(options)) return commands("-a", "-d");
  if (verb === "-w" && isWatch(options)) return commands("-w", "-W");
  return undefined;
};
