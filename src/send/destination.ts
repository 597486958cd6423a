/** Where rows go, as `--to` names it. Each kind is a file of this folder, or of the session where it is a file of the user's. */
import { TareError } from "../domain/errors.ts";
import { fileName } from "../domain/file-name.ts";

export type Destination =
  | { readonly kind: "standard-output" }
  | { readonly kind: "file"; readonly template: string }
  | { readonly kind: "http"; readonly template: string }
  | { readonly kind: "kafka"; readonly brokers: readonly string[]; readonly template: string };

/** What a destination may say in place of a name: the table of a row, or its run. */
const HOLES = ["table", "run"] as const;
export type Filling = Readonly<Record<(typeof HOLES)[number], string>>;

const EXAMPLE =
  "for example --to lake/{table}.ndjson, --to https://lake.example.org/tare or --to kafka://broker:9092/tare";

const fault = (where: string, what: string, hint = EXAMPLE): TareError =>
  new TareError("usage", `--to ${where}: ${what}`, hint);

/** @throws TareError `usage` for what is no destination */
export const destinationOf = (where: string): Destination => {
  if (where === "-") return { kind: "standard-output" };
  if (where === "") throw fault('""', "names no place");
  const hole = /\{([^{}]*)\}/g;
  for (const [, name = ""] of where.matchAll(hole)) {
    if (!HOLES.some((known) => known === name))
      throw fault(where, `{${name}} is nothing that is filled in`, "use {table} or {run}");
  }
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(where)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return { kind: "file", template: where };
    case "http":
    case "https":
      return httpDestination(where);
    case "kafka":
      return kafkaDestination(where);
    default:
      throw fault(where, `${scheme}:// is no way that tare knows`);
  }
};

const SAMPLE: Filling = { table: "runs", run: "run" };

const httpDestination = (where: string): Destination => {
  const url = parsedUrl(where);
  if (url === undefined) throw fault(where, "is no URL");
  if (url.username !== "" || url.password !== "")
    throw fault(
      `${url.protocol}//...@${url.host}`,
      "credentials on the command line are seen by every user of the machine",
      "leave them out, and put the whole header into TARE_HTTP_AUTHORIZATION, or its file's path into TARE_HTTP_AUTHORIZATION_FILE",
    );
  return { kind: "http", template: where };
};

const parsedUrl = (where: string): URL | undefined => {
  const text = filled(where, SAMPLE, encodeURIComponent);
  return URL.canParse(text) ? new URL(text) : undefined;
};

const DEFAULT_PORT = 9092;
/** As Kafka names topics; anything else is refused by the broker, as late as when the rows are there. */
const TOPIC = /^[\w.-]{1,249}$/;
const BROKER = /^(?:\[[\da-f:]+\]|[\w.-]+)(?::\d{1,5})?$/i;

const kafkaDestination = (where: string): Destination => {
  const [list = "", ...path] = where.slice("kafka://".length).split("/");
  const template = path.join("/");
  if (list.includes("@"))
    throw fault(
      `kafka://...@${list.slice(list.lastIndexOf("@") + 1)}`,
      "credentials on the command line are seen by every user of the machine",
      "leave them out: TARE_KAFKA_CONFIG names a file of properties, see docs/lake.md",
    );
  const brokers = list.split(",");
  const wrong = brokers.find((broker) => !BROKER.test(broker));
  if (wrong !== undefined)
    throw fault(where, `"${wrong}" is no broker`, "--to kafka://HOST:PORT,HOST:PORT/TOPIC");
  if (!TOPIC.test(filled(template, SAMPLE, fileName)))
    throw fault(
      where,
      template === "" ? "names no topic" : `"${template}" is no topic`,
      "--to kafka://HOST:PORT/TOPIC; a topic is of letters, digits, dots, - and _",
    );
  return {
    kind: "kafka",
    brokers: brokers.map((broker) => (/:\d+$/.test(broker) ? broker : `${broker}:${DEFAULT_PORT}`)),
    template,
  };
};

/** The place of a row. `encode`: what makes a name from outside fit in. */
export const filled = (template: string, names: Filling, encode: (name: string) => string): string =>
  HOLES.reduce((text, hole) => text.replaceAll(`{${hole}}`, () => encode(names[hole])), template);

/** As it is told: what a URL asks for may hold a token. */
export const destinationText = (destination: Destination): string => {
  switch (destination.kind) {
    case "standard-output":
      return "standard output";
    case "file":
      return destination.template;
    case "http":
      return withoutQuery(destination.template);
    case "kafka":
      return `kafka://${destination.brokers.join(",")}/${destination.template}`;
  }
};

export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "");
