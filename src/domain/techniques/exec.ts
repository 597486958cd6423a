/** Ways to start a program. */
import type { TechniqueSheet } from "../technique.ts";

const PATH = "the program's whole path";

export const EXEC = [
  { id: "exec-path", title: "an exec by its path", how: "execve", names: PATH },
  { id: "exec-relative", title: "an exec by a relative path", how: "chdir, execve of ./NAME", names: PATH },
  { id: "exec-spawn", title: "an exec by posix_spawn", how: "posix_spawn", names: PATH },
  { id: "exec-descriptor", title: "an exec of an open file", how: "execveat, AT_EMPTY_PATH", names: PATH },
  {
    id: "exec-deleted",
    title: "an exec of a deleted program",
    how: "unlink, execveat of the open file",
    names: "the path that it had",
  },
  {
    id: "exec-memfd",
    title: "an exec without a file",
    how: "memfd_create, execveat",
    names: "the name of the memory: memfd:NAME",
    tokenIn: "argument",
  },
  {
    id: "exec-memfd-proc",
    title: "an exec without a file, by /proc",
    how: "memfd_create, execve of /proc/self/fd/N",
    names: "the name of the memory: memfd:NAME",
    tokenIn: "argument",
  },
  {
    id: "exec-script",
    title: "an exec of a script",
    how: "execve of a file with #!",
    names: "the script's whole path",
  },
  {
    id: "exec-loader",
    title: "an exec through ld.so",
    how: "execve of ld.so with ./NAME as argument",
    names: PATH,
  },
  {
    id: "exec-thread",
    title: "an exec by a thread",
    how: "execve of a thread that is not the first",
    names: PATH,
  },
  {
    id: "exec-untouched-path",
    title: "an exec whose path is in memory not yet touched",
    how: "mmap of a file that holds the path, execve",
    names: PATH,
  },
  {
    id: "exec-bind-mount",
    title: "an exec from a bind mount",
    how: "mount(MS_BIND) in a mount namespace, execve",
    names: "the program's path before or behind the mount",
  },
  {
    id: "exec-overlay",
    title: "an exec from an overlay",
    how: "mount of an overlay in a mount namespace, execve",
    names: "the program's path in the overlay or below it",
  },
  {
    id: "exec-user-namespace",
    title: "an exec in a user namespace",
    how: "unshare(CLONE_NEWUSER), execve",
    names: PATH,
  },
  {
    id: "exec-pid-namespace",
    title: "an exec in a pid namespace",
    how: "unshare(CLONE_NEWPID), fork, execve",
    names: `${PATH}, and the node's number of the process`,
  },
  { id: "exec-32-bit-call", title: "an exec by a 32-bit call", how: "execve by int 0x80", names: PATH },
  { id: "exec-32-bit-program", title: "an exec of a 32-bit program", how: "execve", names: PATH },
] as const satisfies readonly TechniqueSheet[];
