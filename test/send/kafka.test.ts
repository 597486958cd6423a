/** Rows to a real broker: Apache Kafka, where there is one. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Admin, Consumer, stringDeserializers, type Message } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendRuns, type Sent } from "../../src/session/send-runs.ts";
import type { Environment } from "../../src/send/secret.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Broker, PASSWORD, startBroker, USER, whyNoBroker } from "./broker/broker.ts";

const RECORD = readFileSync(join(import.meta.dirname, "../../results/examples/record.jsonl"));
const folder = temporaryFolder();

let runs = 0;
const runFolder = (): string => {
  const run = join(folder, `run-${runs++}`);
  mkdirSync(run);
  writeFileSync(join(run, "record.jsonl"), RECORD);
  return run;
};

const send = async (
  run: string,
  to: string,
  environment: Environment = {},
  tables?: readonly string[],
): Promise<Sent> =>
  await sendRuns({ tell: () => undefined }, [run], {
    to,
    retries: 2,
    environment,
    ...(tables === undefined ? {} : { tables }),
  });

const refusal = async (...args: Parameters<typeof send>) =>
  await send(...args).then(
    () => expect.unreachable("it was taken"),
    (error: unknown) =>
      error as { readonly message: string; readonly hint: string; readonly exitCode: number },
  );

const rowsOf = async (run: string, tables?: readonly string[]): Promise<readonly string[]> => {
  const { text = "" } = await send(run, "-", {}, tables);
  return text.split("\n").slice(0, -1);
};

const absent = whyNoBroker();
if (absent !== undefined) console.info(`not tried against a Kafka broker: ${absent}`);

describe.skipIf(absent !== undefined)("Apache Kafka", () => {
  let broker: Broker;
  let secure: Environment;

  beforeAll(async () => {
    broker = await startBroker(join(folder, "broker"));
    const config = join(folder, "client.properties");
    writeFileSync(
      config,
      `security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=${USER}\nssl.ca.location=${broker.ca}\n`,
    );
    secure = { TARE_KAFKA_CONFIG: config, TARE_KAFKA_SASL_PASSWORD: PASSWORD };
  });

  afterAll(async () => {
    await broker.stop();
  });

  const createTopic = async (name: string): Promise<void> => {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker.plain] });
    await admin.createTopics({ topics: [name], partitions: 3, replicas: 1 });
    await admin.close();
  };

  const readTopic = async (
    topic: string,
    count: number,
  ): Promise<readonly Message<string, string, string, string>[]> => {
    const consumer = new Consumer({
      clientId: "test",
      groupId: `test-${topic}`,
      bootstrapBrokers: [broker.plain],
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({ topics: [topic], mode: "earliest", maxWaitTime: 500 });
    const messages: Message<string, string, string, string>[] = [];
    for await (const message of stream) {
      messages.push(message);
      if (messages.length >= count) break;
    }
    await consumer.close(true);
    return messages;
  };

  /** How many messages the topic has, by the broker's own count. */
  const sizeOf = async (topic: string): Promise<number> => {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker.plain] });
    const found = await admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: [0, 1, 2].map((partitionIndex) => ({ partitionIndex, timestamp: -1n })),
        },
      ],
    });
    await admin.close();
    return found.flatMap(({ partitions }) => partitions).reduce((sum, { offset }) => sum + Number(offset), 0);
  };

  test("each row is one message, under its id, with its table and the version of its columns", async () => {
    const run = runFolder();
    await createTopic("plain");
    await send(run, `kafka://${broker.plain}/plain`);
    const rows = await rowsOf(run);
    const messages = await readTopic("plain", rows.length);
    expect(messages.map(({ value }) => value).toSorted()).toEqual(rows.toSorted());
    for (const { key, value, headers } of messages) {
      const row = JSON.parse(value) as { readonly row_id: string; readonly table_name: string };
      expect(key).toBe(row.row_id);
      expect(Object.fromEntries(headers)).toEqual({
        "content-type": "application/json",
        "tare-schema": "1",
        "tare-table": row.table_name,
      });
    }
    expect(await sizeOf("plain")).toBe(rows.length);
  });

  test("a topic for each table", async () => {
    const run = runFolder();
    await createTopic("t-runs");
    await createTopic("t-agents");
    await send(run, `kafka://${broker.plain}/t-{table}`, {}, ["runs", "agents"]);
    expect([await sizeOf("t-runs"), await sizeOf("t-agents")]).toEqual([1, 2]);
  });

  test("by TLS and SCRAM, with the authority's certificate", async () => {
    const run = runFolder();
    await createTopic("secure");
    await send(run, `kafka://${broker.secure}/secure`, secure, ["runs"]);
    await send(run, `kafka://${broker.secure}/secure`, { ...secure, TARE_KAFKA_SASL_MECHANISM: "PLAIN" }, [
      "agents",
    ]);
    expect(await sizeOf("secure")).toBe(3);
  });

  test("an answer that is lost on the way makes no double message", async () => {
    const run = runFolder();
    await createTopic("proxied");
    broker.breakOnce();
    await send(run, `kafka://${broker.proxied}/proxied`);
    expect(broker.broken()).toBe(1);
    expect(await sizeOf("proxied")).toBe((await rowsOf(run)).length);
  });

  test("no such topic: nothing is made, the rows lie beside the record, and the next try goes on", async () => {
    const run = runFolder();
    const { message, hint, exitCode } = await refusal(run, `kafka://${broker.plain}/later`);
    expect(message).toMatch(/topic later: .*later/i);
    expect(hint).toMatch(/makes no topic/);
    expect(exitCode).toBe(4);
    expect(readdirSync(run).some((name) => name.startsWith("unsent-"))).toBe(true);
    await createTopic("later");
    await send(run, `kafka://${broker.plain}/later`);
    expect(await sizeOf("later")).toBe((await rowsOf(run)).length);
    expect(readdirSync(run).some((name) => name.startsWith("unsent-"))).toBe(false);
  });

  test.each([
    ["a wrong password", { TARE_KAFKA_SASL_PASSWORD: "geheim" }, /sasl|auth/i, /sasl\.password/],
    [
      "an authority that is not known",
      { TARE_KAFKA_SSL_CA_LOCATION: "/dev/null" },
      /certificate/i,
      /ssl\.ca\.location/,
    ],
    [
      "no TLS where there must be",
      { TARE_KAFKA_CONFIG: "", TARE_KAFKA_SASL_PASSWORD: "" },
      /TLS|SSL/,
      /security\.protocol/,
    ],
  ])("%s is told with what to look at", async (_, change, message, hint) => {
    const refused = await refusal(runFolder(), `kafka://${broker.secure}/secure`, { ...secure, ...change }, [
      "runs",
    ]);
    expect(refused.message).toMatch(message);
    expect(refused.hint).toMatch(hint);
    expect(JSON.stringify(refused)).not.toMatch(/geheim|sesame/);
  });

  test("TLS where there is none", async () => {
    const refused = await refusal(runFolder(), `kafka://${broker.plain}/plain`, secure, ["runs"]);
    expect(refused.message).toMatch(/TLS|SSL/);
    expect(refused.hint).toMatch(/offer TLS/);
  });
});
