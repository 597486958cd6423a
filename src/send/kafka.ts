/** Rows to a Kafka topic: a message a row, written once by an idempotent producer that waits for all replicas (docs/lake.md). */
import { isIP } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Producer } from "@platformatic/kafka";
import { messageOf } from "../domain/errors.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { type Batch, NotSent, type Sender } from "./sender.ts";

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly settings: KafkaSettings;
  readonly retries: number;
  readonly schema: number;
}

/** With fewer the client takes it that nobody has said how many, and never gives up. */
const MIN_RETRIES = 2;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 1000;
/** A broker that answers nothing at all is given up after so long; every request by itself is after less. */
const MAX_SEND_MS = 120_000;

export const createKafkaSender = async (options: KafkaOptions): Promise<Sender> => {
  const { brokers, settings, retries, schema } = options;
  // It takes a third of a second to load: only who sends to a broker waits for it.
  const kafka = await import("@platformatic/kafka");
  const producer = new kafka.Producer({
    clientId: "tare",
    bootstrapBrokers: [...brokers],
    serializers: kafka.stringSerializers,
    idempotent: true,
    autocreateTopics: false,
    retries: Math.max(MIN_RETRIES, retries),
    retryDelay: (_client, _operation, attempt) => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)),
    ...(settings.tls === undefined ? {} : { tls: settings.tls, tlsServerName: haveNames(brokers) }),
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
  });
  const known = new Set<string>();
  return {
    send: async (batch, signal) => {
      try {
        await withinTime(sendBatch(producer, known, batch, schema), signal);
      } catch (error) {
        signal.throwIfAborted();
        throw notSent(error, options, batch.place);
      }
    },
    close: async () => {
      // A broker that is gone cannot be told goodbye.
      await producer.close(true).catch(() => undefined);
    },
  };
};

/** TLS tells a server by which name it is asked for, and an address is none. */
const haveNames = (brokers: readonly string[]): boolean =>
  brokers.every((broker) => isIP(broker.replace(/:\d+$/, "").replaceAll(/[[\]]/g, "")) === 0);

type Rows = Producer<string, string, string, string>;

const sendBatch = async (
  producer: Rows,
  known: Set<string>,
  { place: topic, rows }: Batch,
  schema: number,
): Promise<void> => {
  // A topic that is not there is told at once, and once.
  if (!known.has(topic)) {
    await producer.metadata({ topics: [topic] });
    known.add(topic);
  }
  await producer.send({
    messages: rows.map(({ id, table, text }) => ({
      topic,
      // A topic that is compacted keeps one of each.
      key: id,
      value: text,
      headers: {
        "content-type": "application/json",
        "tare-schema": String(schema),
        "tare-table": table,
      },
    })),
  });
};

const withinTime = async (work: Promise<void>, signal: AbortSignal): Promise<void> => {
  const over = new AbortController();
  const late = wait(MAX_SEND_MS, undefined, { signal: AbortSignal.any([signal, over.signal]) }).then(() => {
    throw new Error(`no answer within ${MAX_SEND_MS / 1000} s`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort();
    await late.catch(() => undefined);
  }
};

interface KafkaError {
  readonly message: string;
  readonly code?: string;
  readonly apiId?: string;
  readonly serverErrorMessage?: string | null;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** From the outside in: the client wraps each try in the one after it. */
const chainOf = (error: unknown): readonly KafkaError[] => {
  const chain: KafkaError[] = [];
  let at = error;
  while (at instanceof Error && chain.length < 20) {
    const one = at as KafkaError;
    chain.push(one);
    at = one.errors?.at(-1) ?? one.cause;
  }
  return chain;
};

const reasonOf = (chain: readonly KafkaError[], error: unknown): string => {
  const told = chain.findLast(({ apiId }) => apiId !== undefined);
  if (told?.apiId !== undefined) {
    const said = told.serverErrorMessage ?? told.message;
    return said === "" ? told.apiId : `${told.apiId} (${said})`;
  }
  const last = chain.findLast(({ message }) => message !== "");
  return last?.message ?? chain.at(-1)?.code ?? messageOf(error);
};

const notSent = (error: unknown, { brokers, settings }: KafkaOptions, topic: string): NotSent => {
  const chain = chainOf(error);
  const reason = reasonOf(chain, error);
  const has = (pattern: RegExp): boolean =>
    chain.some(({ message, code, apiId }) => pattern.test(`${message} ${code ?? ""} ${apiId ?? ""}`));
  const where = `${brokers.join(",")}, topic ${topic}`;
  const message = `${where}: ${reason}`;
  const tell = (hint: string): NotSent => new NotSent(message, hint, { cause: error });
  if (has(/Unknown topic|UNKNOWN_TOPIC/))
    return tell("tare makes no topic: make it, with as many replicas as your rows are worth");
  if (has(/PLT_KFK_AUTHENTICATION|SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL|ILLEGAL_SASL/))
    return tell("are sasl.mechanism, sasl.username and sasl.password those of the broker?");
  if (has(/AUTHORIZATION_FAILED/))
    return tell("the user may not write there: it needs WRITE and DESCRIBE on the topic");
  if (has(/CERT|SIGNATURE|SELF_SIGNED|self.signed/))
    return tell(
      "ssl.ca.location names a file with the certificate of the authority that signed the broker's",
    );
  if (has(/TLS|SSL|EPROTO/))
    return tell(
      settings.tls === undefined
        ? "does the broker want TLS? security.protocol is SSL or SASL_SSL then"
        : "does the broker offer TLS on this port?",
    );
  if (has(/MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/))
    return tell("the topic's max.message.bytes is below what tare sends at once, 512 KiB");
  return tell("are the brokers there, and are the addresses that they tell reachable from here?");
};
