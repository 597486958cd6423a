/** `tare count`: flags -> parts -> boots -> a record and its page for each architecture. */
import { availableParallelism, freemem } from "node:os";
import { join, resolve } from "node:path";
import { EXIT, TareError } from "../../domain/errors.ts";
import { FACTS } from "../../machines/guests.ts";
import { bring } from "../../machines/setup/bring.ts";
import { FOR_IMAGES, payloadPackages } from "../../machines/setup/packages.ts";
import { loadAgentFiles } from "../../session/agent-files.ts";
import { loadPolicies } from "../../session/policies.ts";
import { interruptible } from "../../session/interruptible.ts";
import { writeResults } from "../../session/outputs.ts";
import { renderTerminal } from "../../report/terminal.ts";
import type { CliContext } from "../context.ts";
import { exitCodeOfRun } from "../exit-code.ts";
import { countArchitecture } from "./count-architecture.ts";
import { type CountFlags, countSettings } from "./settings.ts";

/** A guest, and QEMU's own. */
const BYTES_A_GUEST = 1.5 * 2 ** 30;

/** No time is measured, so that each CPU here may have a guest, as far as memory goes. */
const usualJobs = (): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / BYTES_A_GUEST)));

export const runCount = async (context: CliContext, flags: CountFlags): Promise<number> => {
  const { host, screen } = context;
  const agents = await context.agents();
  const policies = await loadPolicies(host, flags.policy ?? [], false);
  for (const { of, leftOut } of policies)
    for (const one of leftOut) screen.info(`of the policy of ${of} is left out: ${one}`);
  const custom = await loadAgentFiles(host, flags.agentFile ?? [], agents);
  const settings = countSettings(flags, agents, await context.scenarios(), { custom, policies });
  for (const { id, why } of settings.leftOut) screen.info(`${id} is left out: ${why}`);
  const { architectures } = settings;
  const run = `${host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-count`;
  const above = flags.out === undefined ? join(host.root, "results", run) : resolve(flags.out);
  const reasonFor = (name: string): TareError =>
    new TareError(
      "interrupted",
      `the count was stopped by ${name}`,
      "what was not finished is not in the record",
    );
  const codes: number[] = [];
  const tell = async (path: string): Promise<void> => {
    const { view, files } = await writeResults(
      host,
      path,
      architectures.length === 1 ? flags.report : undefined,
    );
    const { columns, colour } = screen;
    screen.result(renderTerminal(view, { columns, colour }));
    for (const file of files) screen.info(`wrote ${file}`);
    codes.push(exitCodeOfRun(view, false));
  };
  await interruptible(reasonFor, async (signal) => {
    const building = { info: (text: string) => screen.info(text), signal };
    for (const architecture of architectures) {
      if (flags.setup) {
        const packages = [...FOR_IMAGES, ...(await payloadPackages(architecture))];
        await bring(packages, `counting on ${architecture}`, building);
      }
      screen.info(`counting on ${architecture} (${FACTS[architecture].uname})`);
      const jobs = flags.jobs ?? usualJobs();
      const folder = architectures.length === 1 ? above : join(above, architecture);
      const count = { host, settings, architecture, jobs, context: building };
      await tell(await countArchitecture(count, `${run}-${architecture}`, folder));
    }
  });
  return codes.find((code) => code !== EXIT.withinBudget) ?? EXIT.withinBudget;
};
