/** Where a guest is, read from what Vagrant prints. */

export const STEPS = ["box", "boot", "copy", "measure", "fetch", "destroy"] as const;
export type Step = (typeof STEPS)[number];

export const STEP_TITLES: Readonly<Record<Step, string>> = {
  box: "getting the box",
  boot: "starting the virtual machine",
  copy: "copying the checkout into it",
  measure: "measuring in it",
  fetch: "fetching the results",
  destroy: "destroying the virtual machine",
};

/** First words of Vagrant and its providers that begin a step; the step before it lasts until then. */
const BEGINNINGS: Readonly<Partial<Record<Step, RegExp>>> = {
  boot: /^(Creating image|Creating domain|Importing base box|Cloning VMware|Importing a QEMU|Starting (the )?(domain|VM)|Booting VM|Starting the instance)/,
  copy: /^Rsyncing folder/,
  measure: /^Running provisioner: (bench|kernel)/,
  fetch: /^Running (action )?triggers? after|^Running trigger: results/i,
};

/** The text of a line without Vagrant's own prefix (`==> amd64: `, `    amd64: `). */
export const textOf = (line: string): string => line.replace(/^(==>|\s+) ?[\w-]+: ?/, "").trim();

export const stepBegunBy = (line: string): Step | undefined => {
  if (!line.startsWith("==>")) return undefined;
  const text = textOf(line);
  return STEPS.find((step) => BEGINNINGS[step]?.test(text));
};

/** The progress that the run in the guest reports (`block 3 of 12 done, 01:10 gone`); undefined for every other line. */
export const progressIn = (line: string): string | undefined =>
  /^block \d+ of \d+ done\b.*/.exec(textOf(line))?.[0];
