/** Sockets that are no connects. */
import type { TechniqueSheet } from "../technique.ts";

export const SOCKET = [
  { id: "socket-raw", deed: "raw-socket", title: "a raw socket", how: "socket(AF_INET, SOCK_RAW)" },
  { id: "socket-packet", deed: "raw-socket", title: "a packet socket", how: "socket(AF_PACKET, SOCK_RAW)" },
  {
    id: "socket-listen",
    deed: "listen",
    title: "a server that begins to listen",
    how: "bind, listen",
    names: "its address",
    tokenIn: "address",
  },
  {
    id: "socket-accept",
    deed: "accept",
    title: "an accepted connection",
    how: "accept4",
    names: "this end's address",
    tokenIn: "address",
  },
] as const satisfies readonly TechniqueSheet[];
