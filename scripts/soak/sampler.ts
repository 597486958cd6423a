/**
 * Loaded into a tare that runs (`node --import`): what the process holds, every few seconds, as lines of a file. From outside neither heap
 * nor timers would be seen.
 */
import { appendFileSync, readdirSync } from "node:fs";
import type { Sample } from "./sample.ts";

const file = process.env["TARE_SOAK_SAMPLES"];
const everyMs = Number(process.env["TARE_SOAK_EVERY_MS"]);

if (file !== undefined) {
  const take = (): void => {
    const { rss, heapUsed, external } = process.memoryUsage();
    const sample: Sample = {
      seconds: performance.now() / 1000,
      rss,
      heap: heapUsed,
      external,
      // One of them is the folder that is being read.
      descriptors: readdirSync("/proc/self/fd").length - 1,
      resources: process.getActiveResourcesInfo().length,
    };
    appendFileSync(file, `${JSON.stringify(sample)}\n`);
  };
  take();
  setInterval(take, everyMs).unref();
}
