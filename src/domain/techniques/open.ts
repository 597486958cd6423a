/** Ways to open a file. */
import type { TechniqueSheet } from "../technique.ts";

const FILE = "the file's whole path";

export const OPEN = [
  { id: "open-openat", title: "an open by openat", how: "openat", names: FILE },
  { id: "open-open", title: "an open by open", how: "open", names: FILE },
  { id: "open-creat", title: "an open by creat", how: "creat", names: FILE },
  { id: "open-openat2", title: "an open by openat2", how: "openat2", names: FILE },
  { id: "open-relative", title: "an open by a relative path", how: "chdir, openat of NAME", names: FILE },
  { id: "open-dirfd", title: "an open below an open folder", how: "openat(FOLDER, NAME)", names: FILE },
  {
    id: "open-untouched-path",
    title: "an open whose path is in memory not yet touched",
    how: "mmap of a file that holds the path, openat",
    names: FILE,
  },
  {
    id: "open-handle",
    title: "an open by a file's handle",
    how: "name_to_handle_at, open_by_handle_at",
    names: FILE,
  },
  { id: "open-o-path", title: "an open of the path alone", how: "openat, O_PATH", names: FILE },
  { id: "open-io-uring", title: "an open through io_uring", how: "IORING_OP_OPENAT", names: FILE },
  {
    id: "open-io-uring-sqpoll",
    title: "an open by io_uring's own thread",
    how: "IORING_OP_OPENAT, IORING_SETUP_SQPOLL",
    names: FILE,
  },
  {
    id: "open-symlink",
    title: "an open through a symbolic link",
    how: "openat of the link",
    names: "the whole path of the file behind the link",
  },
  {
    id: "open-hard-link",
    title: "an open by a second name",
    how: "link, openat of the new name",
    names: "either whole path",
  },
  {
    id: "open-bind-mount",
    title: "an open through a bind mount",
    how: "mount(MS_BIND) in a mount namespace, openat",
    names: "the file's path before or behind the mount",
  },
  {
    id: "open-chroot",
    title: "an open in another root",
    how: "chroot, openat of /NAME",
    names: "the file's path on the node",
  },
  {
    id: "open-tmpfs",
    title: "an open on a tmpfs of one's own",
    how: "mount of a tmpfs in a mount namespace, openat",
    names: FILE,
  },
  { id: "open-mmap", title: "an open whose file is mapped, not read", how: "openat, mmap", names: FILE },
  { id: "open-32-bit-call", title: "an open by a 32-bit call", how: "openat by int 0x80", names: FILE },
] as const satisfies readonly TechniqueSheet[];
