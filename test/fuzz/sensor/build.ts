export const SENSOR_TARGETS: readonly string[] = [];
export const fuzzSensor = (
  _target: string,
  _minutes: number,
  _seed: number,
  _keep: boolean,
  _print: (line: string) => void,
): Promise<{ inputs: number; blocks: number; newBlocks: number; crashes: number; hangs: number }> =>
  Promise.reject(new Error("none"));
