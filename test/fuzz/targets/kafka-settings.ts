/** Files of properties, as Kafka's clients take them. */
import { givenIn, propertiesIn } from "../../../src/send/kafka-settings.ts";
import { refused, type Target } from "../engine/target.ts";

const target: Target = {
  seeds: () => [
    "# ours\nsecurity.protocol=SASL_SSL\nsasl.mechanism: SCRAM-SHA-512\nsasl.username = tare\nsasl.password=a=b\nssl.ca.location=/a.pem\n",
    'acks=all\nsasl.jaas.config=a.ScramLoginModule required \\\n  username="tare" \\\n  password="a\\"b";\n',
  ],
  found: () => [
    "\\\n".repeat(16_000),
    `sasl.jaas.config=username="${"\\".repeat(16_000)}`,
    " ".repeat(32_000),
  ],
  words: ["sasl.", "ssl.", "username=", 'password="', "=", ":", "\\\n", '"', "#", "!", " ", "\n"],
  run: (input) => {
    refused(() => givenIn(propertiesIn(input.toString()), "a.properties"));
  },
};
export default target;
