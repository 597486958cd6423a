/**
 * How brokers are spoken to: the properties that Kafka's own tools and librdkafka's take, from the file that TARE_KAFKA_CONFIG names, each of
 * which a variable of its own overrides.
 */
import { readFile } from "node:fs/promises";
import { TareError, failedTo } from "../domain/errors.ts";
import { suggest } from "../domain/suggest.ts";
import { readSecret, type Environment } from "./secret.ts";
import { unreadHint } from "../domain/refused.ts";

const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
type Mechanism = (typeof MECHANISMS)[number];

export interface KafkaSettings {
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly passphrase?: string;
  };
  readonly sasl?: { readonly mechanism: Mechanism; readonly username: string; readonly password: string };
}

const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** Each property with its variable. */
const VARIABLES = {
  "security.protocol": "TARE_KAFKA_SECURITY_PROTOCOL",
  "sasl.mechanism": "TARE_KAFKA_SASL_MECHANISM",
  "sasl.username": "TARE_KAFKA_SASL_USERNAME",
  "sasl.password": "TARE_KAFKA_SASL_PASSWORD",
  "ssl.ca.location": "TARE_KAFKA_SSL_CA_LOCATION",
  "ssl.certificate.location": "TARE_KAFKA_SSL_CERTIFICATE_LOCATION",
  "ssl.key.location": "TARE_KAFKA_SSL_KEY_LOCATION",
  "ssl.key.password": "TARE_KAFKA_SSL_KEY_PASSWORD",
} as const;
type Property = keyof typeof VARIABLES;
const PROPERTIES = Object.keys(VARIABLES) as readonly Property[];

type Given = Partial<Record<Property, string>>;

const isProperty = (name: string): name is Property => Object.hasOwn(VARIABLES, name);

const CONFIG = "TARE_KAFKA_CONFIG";
const PASSWORD_FILE = "TARE_KAFKA_SASL_PASSWORD_FILE";

/** @throws TareError `usage` naming the property that cannot be used */
export const kafkaSettings = async (environment: Environment): Promise<KafkaSettings> => {
  const given = { ...(await fromFile(environment[CONFIG])), ...fromVariables(environment) };
  const password = await readSecret(environment, VARIABLES["sasl.password"], PASSWORD_FILE);
  return await settingsOf(password === undefined ? given : { ...given, "sasl.password": password });
};

const fromVariables = (environment: Environment): Given =>
  Object.fromEntries(
    PROPERTIES.flatMap((name) => {
      const text = environment[VARIABLES[name]];
      return text === undefined || text === "" ? [] : [[name, text]];
    }),
  );

const fromFile = async (path: string | undefined): Promise<Given> => {
  if (path === undefined || path === "") return {};
  return givenIn(propertiesIn(await readNamed(path, CONFIG)), path);
};

const readNamed = async (path: string, by: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw failedTo(
      "usage",
      `read ${path}, which ${by} names`,
      error,
      unreadHint(error, `give the path of another with ${by}`),
    );
  }
};

/** `key=value` or `key: value` a line, `#` and `!` before a comment, a line that ends with `\` goes on with the next. */
export const propertiesIn = (text: string): ReadonlyMap<string, string> => {
  const properties = new Map<string, string>();
  for (const line of text.replaceAll(/\\\r?\n[ \t]*/g, "").split(/\r?\n/)) {
    const found = /^\s*([^#!\s=:][^\s=:]*)\s*[=:](.*)$/.exec(line);
    const [, key = "", value = ""] = found ?? [];
    if (found !== null) properties.set(key, value.trim());
  }
  return properties;
};

/** Other names of the same, and what Java clients say in one property. */
const ALIASES: Readonly<Record<string, Property>> = { "sasl.mechanisms": "sasl.mechanism" };
const JAAS = "sasl.jaas.config";
/** Of a client that need not know: whether they are set changes nothing of how safe it is. */
const OF_NO_CONCERN = /^(?!sasl\.|ssl\.|security\.)/;

/** What would make the way to the broker another one, and is not known, is refused; the rest is for other clients. */
export const givenIn = (properties: ReadonlyMap<string, string>, path: string): Given => {
  const given: Given = {};
  for (const [key, value] of properties) {
    const name = ALIASES[key] ?? key;
    if (key === JAAS) Object.assign(given, credentialsIn(value, path));
    else if (isProperty(name)) given[name] = value;
    else if (!OF_NO_CONCERN.test(key)) throw unknownProperty(key, path);
  }
  return given;
};

const unknownProperty = (key: string, path: string): TareError => {
  const near = suggest(key, PROPERTIES);
  const isStore = /^ssl\.(?:truststore|keystore)/.test(key);
  return new TareError(
    "usage",
    `${path}: tare does not know ${key}`,
    isStore
      ? "tare reads PEM files: ssl.ca.location, ssl.certificate.location, ssl.key.location"
      : near === undefined
        ? `known: ${PROPERTIES.join(", ")}, ${JAAS}`
        : `did you mean ${near}?`,
  );
};

/** `...LoginModule required username="a" password="b";` */
const credentialsIn = (jaas: string, path: string): Given => {
  const field = (name: string): string | undefined =>
    new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas)?.[1]?.replaceAll(/\\(.)/g, "$1");
  const [username, password] = [field("username"), field("password")];
  if (username === undefined || password === undefined)
    throw new TareError(
      "usage",
      `${path}: ${JAAS} has no username="..." and password="..."`,
      "or give sasl.username and sasl.password",
    );
  return { "sasl.username": username, "sasl.password": password };
};

const settingsOf = async (given: Given): Promise<KafkaSettings> => {
  const protocol = protocolOf(given);
  const usesTls = protocol === "SSL" || protocol === "SASL_SSL";
  const usesSasl = protocol === "SASL_PLAINTEXT" || protocol === "SASL_SSL";
  return {
    ...(usesTls ? { tls: await tlsOf(given) } : {}),
    ...(usesSasl ? { sasl: saslOf(given) } : {}),
  };
};

const oneOf = <T extends string>(name: Property, text: string, known: readonly T[]): T => {
  const found = known.find((one) => one === text.toUpperCase());
  if (found !== undefined) return found;
  throw new TareError("usage", `${name} is "${text}"`, `tare knows ${known.join(", ")}`);
};

/** A credential that is there and not used would be a plain connection that somebody takes for a safe one. */
const protocolOf = (given: Given): Protocol => {
  const name = "security.protocol";
  const told = given[name];
  if (told !== undefined) return oneOf(name, told, PROTOCOLS);
  const other = PROPERTIES.find((one) => given[one] !== undefined);
  if (other === undefined) return "PLAINTEXT";
  throw new TareError(
    "usage",
    `${other} is set, and ${name} is not`,
    `set ${name} (${VARIABLES[name]}) to ${PROTOCOLS.slice(1).join(", ")}`,
  );
};

const tlsOf = async (given: Given): Promise<NonNullable<KafkaSettings["tls"]>> => {
  const read = async (name: Property): Promise<string | undefined> =>
    given[name] === undefined ? undefined : await readNamed(given[name], name);
  const ca = await read("ssl.ca.location");
  const cert = await read("ssl.certificate.location");
  const key = await read("ssl.key.location");
  if ((cert === undefined) !== (key === undefined))
    throw new TareError(
      "usage",
      "of ssl.certificate.location and ssl.key.location one is set, and the other is not",
      "a client's certificate and its key belong together",
    );
  const passphrase = given["ssl.key.password"];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
};

const saslOf = (given: Given): NonNullable<KafkaSettings["sasl"]> => {
  const mechanism = oneOf("sasl.mechanism", given["sasl.mechanism"] ?? "", MECHANISMS);
  const [username, password] = [given["sasl.username"], given["sasl.password"]];
  if (username === undefined || password === undefined)
    throw new TareError(
      "usage",
      `${username === undefined ? "sasl.username" : "sasl.password"} is not set`,
      `set it in the file that ${CONFIG} names, or as ${VARIABLES["sasl.username"]} and ${VARIABLES["sasl.password"]}`,
    );
  return { mechanism, username, password };
};
