/** IPv6 addresses, which programs write in several ways. */

/** With a `::` in place of the longest run of zeros, and the IPv4 address spelled out where one is mapped. `groups`: eight numbers of 16 bits. */
export const ipv6Text = (groups: readonly number[]): string => {
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff)
    return `::ffff:${[high >> 8, high & 0xff, low >> 8, low & 0xff].join(".")}`;
  const whole = groups.map((group) => group.toString(16)).join(":");
  const runs = [...whole.matchAll(/(?:\b0(?::|$)){2,}/g)];
  const [longest] = runs.toSorted(([a], [b]) => b.length - a.length);
  if (longest === undefined) return whole;
  const before = whole.slice(0, longest.index);
  return `${before === "" ? ":" : before}:${whole.slice(longest.index + longest[0].length)}`;
};

/** All eight groups, with or without the zeros that they begin with. */
const WHOLE = /(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}(?![\w:.])/g;

/** A text with those of its addresses that are written out as `ipv6Text` has them. */
export const withShortIpv6 = (text: string): string =>
  text.replaceAll(WHOLE, (address) =>
    ipv6Text(address.split(":").map((group) => Number.parseInt(group, 16))),
  );
