/** Counters of agents: the text that their servers answer, and a real server that answers it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sumOfCounters } from "../../src/agents/shared/prometheus.ts";
import { missing, value } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("counters in the text format", () => {
  test("are summed over their labels, whatever the labels hold", () => {
    const page = value(
      [
        "# HELP lost_total Events { lost } 12",
        "# TYPE lost_total counter",
        'lost_total{cpu="0",why="a } b"} 3',
        'lost_total{cpu="1",why="say \\"no\\" } "} 4 1795380958177',
        "seen_total 1.5e+06",
        "empty",
        "odd_total NaN",
        "",
      ].join("\n"),
    );
    const sum = (name: string) => sumOfCounters(page, { always: [name], whenCounted: [] });
    expect(sum("lost_total")).toEqual(value(7));
    expect(sum("seen_total")).toEqual(value(1_500_000));
    expect(sum("odd_total")).toEqual(missing("its odd_total is NaN, which is no count"));
  });

  test.each(["-1", "1e999", "1e308", "9007199254740993", "NaN", "+Inf", "1,234", "12k"])(
    "that are no counts are missing, with what they are: %s",
    (said) => {
      const page = value(`lost_total ${said}\n`);
      const [always, whenCounted] = [["lost_total"], [{ name: "lost_total", labels: ["op"], among: ["5"] }]];
      const isNone = missing(`its lost_total is ${said}, which is no count`);
      expect(sumOfCounters(page, { always, whenCounted: [] })).toEqual(isNone);
      expect(sumOfCounters(page, { always: [], whenCounted })).toEqual(isNone);
    },
  );

  test("that must be there and are not make the sum missing, and never 0", () => {
    const wanted = { always: ["lost_total"], whenCounted: ["missed_total"] };
    expect(sumOfCounters(value("lost_total 2\n"), wanted)).toEqual(value(2));
    expect(sumOfCounters(value("lost_total 2\nmissed_total 5\n"), wanted)).toEqual(value(7));
    expect(sumOfCounters(value("missed_total 5\n"), wanted)).toEqual(
      missing("its metrics have no lost_total"),
    );
    expect(sumOfCounters(missing("refused"), wanted)).toEqual(missing("refused"));
  });

  test("are taken by a label's value where others of the name are of something else", () => {
    const page = value(
      [
        'missed_total{error="EAGAIN",op="5"} 3',
        'missed_total{op="13",why="say \\"op=23\\""} 4',
        'missed_total{op="23"} 100',
        'missed_total{opcode="7",opstr="exit"} 200',
        'missed_total{opcode="13",opstr="5"} 8',
        'other_total{op="5"} 400',
        "",
      ].join("\n"),
    );
    const selected = { name: "missed_total", labels: ["op", "opcode"], among: ["5", "13"] };
    expect(sumOfCounters(page, { always: [], whenCounted: [selected] })).toEqual(value(15));
    // One that tells nothing of its kind may be of the kind that is asked for.
    const untold = value('missed_total 2\nmissed_total{error="ENOSPC"} 9\n');
    expect(sumOfCounters(untold, { always: [], whenCounted: [selected] })).toEqual(value(11));
  });
});

describe("a server on this machine", () => {
  const folder = temporaryFolder();
  const host = createHost({ root: ROOT, journalDirectory: join(folder, "journal") });
  let server: Server;
  let base = "";
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === "/metrics") response.end("lost_total 3\n");
      else response.writeHead(503, "Service Unavailable").end("not yet");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  test("is asked and answers; a refusal is missing with what it said", async () => {
    expect(await host.httpGet(`${base}/metrics`)).toEqual(value("lost_total 3\n"));
    expect(await host.httpGet(`${base}/healthz`)).toEqual(
      missing(`${base}/healthz answers 503 Service Unavailable`),
    );
  });

  test("that is not there is missing with the reason", async () => {
    expect(await host.httpGet("http://127.0.0.1:9/metrics")).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(/^http:\/\/127\.0\.0\.1:9\/metrics: .*(ECONNREFUSED|bad port)/) as string,
    });
  });
});
