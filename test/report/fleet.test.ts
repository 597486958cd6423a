import { describe, expect, test } from "vitest";
import { fleetFigures, fleetText, leftOutText } from "../../src/report/page/client.js";
import type { FleetAgent, FleetInputs } from "../../src/report/page/client.js";

const EXEC = { title: "process-exec / exec", cpuNs: [1e6, 9e5, 2e6], bytes: 100 } as const;
const OPEN = { title: "file-open / open", cpuNs: [1e5, null, null], bytes: 10 } as const;
const UNSEEN = { title: "network-connect / connect", cpuNs: null, bytes: 0 } as const;

const agent = (...operations: FleetAgent["operations"]): FleetAgent => ({
  operations,
  memoryMib: 10.24,
  invalid: false,
});
const inputs: FleetInputs = { nodes: 10, rates: [100, 100, 100], corePrice: 0.1, storagePrice: 1 };
const texts = (of: FleetAgent, with_: FleetInputs = inputs): Record<string, string> => {
  const { leftOut, ...figures } = fleetFigures(of, with_);
  return {
    ...Object.fromEntries(Object.entries(figures).map(([name, cell]) => [name, fleetText(cell)])),
    leftOut: leftOutText({ leftOut }),
  };
};

describe("a fleet's figures", () => {
  test("are rate times cost times nodes, with the interval of the CPU time", () => {
    expect(texts(agent(EXEC))).toEqual({
      cores: "1 [0.9, 2]",
      coreHoursAYear: "8\u202f760 [7\u202f880, 17\u202f500]",
      memoryGib: "0.1",
      gigabytesADay: "8.64",
      priceAMonth: "336 [329, 409]",
      priceAYear: "4\u202f030 [3\u202f940, 4\u202f910]",
      leftOut: "nothing",
    });
  });

  test("without an interval are exploratory, wherever the CPU time is in them", () => {
    expect(texts(agent(EXEC, OPEN))).toMatchObject({
      cores: "~1.1",
      gigabytesADay: "9.5",
      priceAMonth: "~369",
    });
  });

  test("are a part where an operation was not measured, and name it", () => {
    expect(texts(agent(EXEC, UNSEEN))).toMatchObject({
      cores: "part: 1 [0.9, 2]",
      priceAMonth: "part: 336 [329, 409]",
      leftOut: "network-connect / connect",
    });
    expect(texts(agent({ ...EXEC, bytes: null }, OPEN))).toMatchObject({
      gigabytesADay: "part: 0.864",
      leftOut: "output of process-exec / exec",
    });
  });

  test("are whole where what was not measured does not happen", () => {
    expect(texts(agent(EXEC, UNSEEN), { ...inputs, rates: [100, 0] })).toMatchObject({
      cores: "1 [0.9, 2]",
      leftOut: "nothing",
    });
  });

  test("are none where nothing was measured, never zero", () => {
    expect(texts(agent(UNSEEN))).toMatchObject({ cores: "\u2013", priceAMonth: "\u2013" });
  });

  test("are invalid where a self-check failed; memory and output are not about time", () => {
    expect(texts({ ...agent(EXEC), invalid: true })).toMatchObject({
      cores: "invalid",
      memoryGib: "0.1",
      gigabytesADay: "8.64",
      priceAMonth: "invalid",
    });
  });

  test("have no price until both prices are put in", () => {
    expect(texts(agent(EXEC), { ...inputs, storagePrice: null })).toMatchObject({ priceAMonth: "\u2013" });
  });
});
