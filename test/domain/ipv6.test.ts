/** One text for an IPv6 address, however a program writes it. */
import { describe, expect, test } from "vitest";
import { ipv6Text, withShortIpv6 } from "../../src/domain/ipv6.ts";

test.each([
  [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
  [[0xfe80, 0, 0, 0, 1, 0, 0, 1], "fe80::1:0:0:1"],
  [[0x2001, 0xdb8, 0, 1, 2, 3, 4, 5], "2001:db8:0:1:2:3:4:5"],
  [[0x2001, 0xdb8, 1, 2, 3, 4, 0, 0], "2001:db8:1:2:3:4::"],
  [[0, 0, 0, 0, 0, 0xffff, 0x7f65, 0x740a], "::ffff:127.101.116.10"],
])("%j is %s", (groups, text) => {
  expect(ipv6Text(groups)).toBe(text);
});

describe("in a text", () => {
  test.each([
    // As osquery 5.23.1 writes them.
    ['"remote_address":"0000:0000:0000:0000:0000:0000:0000:0001",', '"remote_address":"::1",'],
    ['"remote_address":"0000:0000:0000:0000:0000:ffff:7f09:0807",', '"remote_address":"::ffff:127.9.8.7",'],
    ["to 0:0:0:0:0:0:0:1 port 1, FE80:0:0:0:0:0:0:2", "to ::1 port 1, fe80::2"],
  ])("those that are written out are made short: %s", (text, expected) => {
    expect(withShortIpv6(text)).toBe(expected);
  });

  test.each([
    "::1 and ::ffff:127.0.0.1",
    "00:11:22:33:44:55",
    "1:2:3:4:5:6:7:8:9",
    "12345:0:0:0:0:0:0:1",
    "x1:2:3:4:5:6:7:8y",
  ])("nothing else is touched: %s", (text) => {
    expect(withShortIpv6(text)).toBe(text);
  });
});
