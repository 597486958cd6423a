/** Where a guest is, read from what Vagrant prints. */

export const STEPS = ["box", "boot", "copy", "set-up", "measure", "fetch", "destroy"] as const;
export type Step = (typeof STEPS)[number];

export const STEP_TITLES: Readonly<Record<Step, string>> = {
  box: "getting the box",
  boot: "starting the virtual machine",
  copy: "copying the checkout into it",
  "set-up": "setting tare up in it",
  measure: "measuring in it",
  fetch: "fetching the results",
  destroy: "destroying the virtual machine",
};

/** First words of Vagrant and its providers that begin a step; the step before it lasts until then. */
const BEGINNINGS: Readonly<Partial<Record<Step, RegExp>>> = {
  // With its box and its networks: what it shares with others is behind it.
  boot: /^(Starting (the )?(domain|VM)|Booting VM|Starting the instance)/,
  copy: /^Rsyncing folder/,
  "set-up": /^Running provisioner: (payload|budget|agents|bench|kernel)/,
  fetch: /^Running (action )?triggers? after|^Running trigger: results/i,
};

/** What the run in the guest says when its set-up is over. */
const RUN_BEGINS = /^measuring .+: (at most \d+ blocks?), about (\d+:\d\d)$/;

/** The text of a line without Vagrant's own prefix (`==> amd64: `, `    amd64: `). */
const textOf = (line: string): string => line.replace(/^(==>|\s+) ?[\w-]+: ?/, "").trim();

export const stepBegunBy = (line: string): Step | undefined => {
  const text = textOf(line);
  if (!line.startsWith("==>")) return RUN_BEGINS.test(text) ? "measure" : undefined;
  return STEPS.find((step) => BEGINNINGS[step]?.test(text));
};

/** Where the guest itself says that it is. */
export interface Progress {
  /** `block 1 of 2`, or what its set-up does. */
  readonly at: string;
  /** Seconds that its run still takes; undefined where it does not say. */
  readonly left: number | undefined;
  /** The agent and the workload; empty where it does not say. */
  readonly what: string;
}

const secondsOf = (clock: string): number => {
  const [minutes, seconds] = clock.split(":").map(Number);
  return 60 * (minutes ?? Number.NaN) + (seconds ?? Number.NaN);
};

/** Undefined for a line that says nothing of progress. */
export const progressIn = (line: string): Progress | undefined => {
  if (line.startsWith("==>")) return undefined;
  const text = textOf(line);
  const [at = "", left = "", ...more] = text.split(" | ");
  const clock = /^(\d+:\d\d) left$/.exec(left)?.[1];
  if (at.startsWith("block ") && clock !== undefined)
    return { at, left: secondsOf(clock), what: more.at(-1) ?? "" };
  const [, blocks, whole] = RUN_BEGINS.exec(text) ?? [];
  if (blocks !== undefined && whole !== undefined) return { at: blocks, left: secondsOf(whole), what: "" };
  // A command without its flags.
  const setUp = /^(?:guest|setup): (.+?)( --.*)?$/.exec(text)?.[1];
  return setUp === undefined ? undefined : { at: setUp, left: undefined, what: "" };
};
