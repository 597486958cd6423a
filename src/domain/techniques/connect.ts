/** Ways to reach somebody. */
import type { TechniqueSheet } from "../technique.ts";

const ADDRESS = "the address";

export const CONNECT = [
  { id: "connect-tcp", title: "a TCP connect", how: "connect", names: ADDRESS },
  { id: "connect-udp", title: "a UDP connect", how: "connect", names: ADDRESS },
  {
    id: "connect-non-blocking",
    title: "a TCP connect that does not wait",
    how: "connect, SOCK_NONBLOCK",
    names: ADDRESS,
  },
  { id: "connect-fast-open", title: "TCP fast open", how: "sendto, MSG_FASTOPEN", names: ADDRESS },
  { id: "connect-sendto", title: "a datagram without a connect", how: "sendto", names: ADDRESS },
  { id: "connect-io-uring", title: "a connect through io_uring", how: "IORING_OP_CONNECT", names: ADDRESS },
  {
    id: "connect-untouched",
    title: "a connect whose address is in memory not yet touched",
    how: "mmap of a file that holds the address, connect",
    names: ADDRESS,
  },
  {
    id: "connect-ipv6",
    title: "a connect over IPv6",
    how: "connect to ::1",
    names: "address and port",
    tokenIn: "port",
  },
  {
    id: "connect-ipv4-mapped",
    title: "a connect to an IPv4 address by IPv6",
    how: "connect to ::ffff:127.a.b.c",
    names: "the IPv4 address",
  },
  {
    id: "connect-unix",
    title: "a connect to a Unix socket",
    how: "connect",
    names: "the socket's whole path",
    tokenIn: "path",
  },
  {
    id: "connect-32-bit-call",
    title: "a connect by a 32-bit call",
    how: "connect by int 0x80",
    names: ADDRESS,
  },
] as const satisfies readonly TechniqueSheet[];
