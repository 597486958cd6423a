/** What audit's rules do not see, whoever writes its log. */
import type { Claim } from "../../domain/claim.ts";
import { COMPAT, UNCONNECTED, URING } from "./techniques.ts";

export const AUDIT_CLAIMS: readonly Claim[] = [
  {
    of: COMPAT,
    claimed: "nothing",
    why: "system calls of 32-bit programs: the rules name the 64-bit ABI",
  },
  {
    of: [...URING, "open-handle"],
    claimed: "nothing",
    why: "operations through io_uring's own opcodes, and opens by handle: the rules name neither",
  },
  {
    of: UNCONNECTED,
    claimed: "nothing",
    why: "datagrams that are sent without a connect, and TCP fast open: the rules name connect alone",
  },
  {
    of: ["exec-loader"],
    claimed: "otherwise",
    why: "the program that ld.so is started with: it is one of its arguments, as the caller has it",
  },
  {
    of: ["open-relative", "open-dirfd", "open-symlink", "open-chroot"],
    claimed: "otherwise",
    why: "the whole path of a file that is opened by a relative path, through a symbolic link or in another root: the record has the caller's words",
  },
];
