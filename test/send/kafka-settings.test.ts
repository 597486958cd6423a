import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kafkaSettings, propertiesIn } from "../../src/send/kafka-settings.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let files = 0;
const file = (text: string): string => {
  const path = join(folder, `${files++}.properties`);
  writeFileSync(path, text);
  return path;
};
const fromFile = (text: string) => kafkaSettings({ TARE_KAFKA_CONFIG: file(text) });

const SASL = "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n";

test("nothing is set: a plain connection", async () => {
  expect(await kafkaSettings({})).toEqual({});
});

test("the properties of other clients, and what is theirs alone", async () => {
  expect(
    await fromFile(
      `# ours\nbootstrap.servers=a:1\nacks=1\n${SASL}sasl.username : tare\nsasl.password=a=b #c\n`,
    ),
  ).toEqual({
    tls: {},
    sasl: { mechanism: "SCRAM-SHA-512", username: "tare", password: "a=b #c" },
  });
});

test("a Java client's login module, in lines that go on", async () => {
  const jaas =
    'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n    username="tare" \\\n    password="a\\"b";\n';
  expect((await fromFile(`${SASL}${jaas}`)).sasl).toEqual({
    mechanism: "SCRAM-SHA-512",
    username: "tare",
    password: 'a"b',
  });
});

test("a variable overrides the file, and the password may lie in a file of its own", async () => {
  const settings = await kafkaSettings({
    TARE_KAFKA_CONFIG: file(`${SASL}sasl.username=old\nsasl.password=old\n`),
    TARE_KAFKA_SASL_USERNAME: "new",
    TARE_KAFKA_SASL_PASSWORD_FILE: file("secret\n"),
  });
  expect(settings.sasl).toEqual({ mechanism: "SCRAM-SHA-512", username: "new", password: "secret" });
});

test("certificates are read from their files", async () => {
  const [ca, cert, key] = ["ca", "cert", "key"].map(file);
  expect(
    await fromFile(
      `security.protocol=ssl\nssl.ca.location=${ca}\nssl.certificate.location=${cert}\nssl.key.location=${key}\nssl.key.password=p\n`,
    ),
  ).toEqual({ tls: { ca: "ca", cert: "cert", key: "key", passphrase: "p" } });
});

test.each([
  ["ssl.truststore.location=/a.jks\n", /does not know ssl.truststore.location/, /PEM/],
  ["sasl.mechanims=PLAIN\n", /does not know sasl.mechanims/, /did you mean sasl.mechanism\?/],
  ["ssl.endpoint.identification.algorithm=\n", /does not know ssl.endpoint/, /known:/],
  ["security.protocol=SASL\n", /security.protocol is "SASL"/, /SASL_PLAINTEXT/],
  [SASL.replace("SCRAM-SHA-512", "GSSAPI"), /sasl.mechanism is "GSSAPI"/, /PLAIN, SCRAM-SHA-256/],
  [SASL, /sasl.username is not set/, /TARE_KAFKA_SASL_USERNAME/],
  [`${SASL}sasl.username=a\n`, /sasl.password is not set/, /TARE_KAFKA_SASL_PASSWORD/],
  ["sasl.username=a\nsasl.password=geheim\n", /sasl.username is set, and security.protocol is not/, /set/],
  [`${SASL}sasl.jaas.config=none\n`, /sasl.jaas.config has no username/, /sasl.username/],
  [
    "security.protocol=SSL\nssl.ca.location=/no/such\n",
    /cannot read \/no\/such, which ssl.ca.location/,
    /path/,
  ],
  ["security.protocol=SSL\nssl.key.location=/dev/null\n", /one is set, and the other is not/, /together/],
])("%j is refused with what is wrong, and what next", async (text, message, hint) => {
  const error: unknown = await fromFile(text).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "usage", message: expect.stringMatching(message) as string });
  expect(error).toMatchObject({ hint: expect.stringMatching(hint) as string });
  expect(String(error)).not.toContain("geheim");
});

test.each([
  ["TARE_KAFKA_CONFIG", "/no/such/file", /cannot read \/no\/such\/file, which TARE_KAFKA_CONFIG names/],
  ["TARE_KAFKA_SASL_PASSWORD_FILE", "/no/such/file", /which TARE_KAFKA_SASL_PASSWORD_FILE names/],
  ["TARE_KAFKA_SASL_PASSWORD", "a\nb", /holds more than one line/],
])("%s=%j is refused", async (name, text, message) => {
  await expect(kafkaSettings({ [name]: text })).rejects.toThrow(message);
});

test("any text is properties, or none", () => {
  expect([...propertiesIn("!x\n = y\na\n b:c\n\\\nd==\n\u0000=e\n")]).toEqual([
    ["b", "c"],
    ["d", "="],
    ["\u0000", "e"],
  ]);
});
