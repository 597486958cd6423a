/** Ways to change files and folders. Each is a deed of its own. */
import type { TechniqueSheet } from "../technique.ts";

const FILE = "the file's whole path";

export const CHANGE = [
  {
    id: "change-write",
    deed: "write",
    asked: "write",
    title: "a write",
    how: "write to a file that is open",
    names: FILE,
  },
  { id: "change-truncate", deed: "truncate", title: "a truncation", how: "truncate", names: FILE },
  {
    id: "change-rename",
    deed: "rename",
    asked: "rename",
    title: "a rename",
    how: "rename",
    names: "both whole paths",
  },
  { id: "change-link", deed: "link", title: "a new name for a file", how: "link", names: "both whole paths" },
  {
    id: "change-unlink",
    deed: "delete",
    asked: "delete",
    title: "a deletion",
    how: "unlink",
    names: FILE,
  },
  { id: "change-chmod", deed: "mode", title: "a change of mode", how: "chmod to 4755", names: FILE },
  { id: "change-chown", deed: "owner", title: "a change of owner", how: "chown to 65534", names: FILE },
  { id: "change-mkdir", deed: "folder", title: "a new folder", how: "mkdir", names: "its whole path" },
  { id: "change-xattr", deed: "attribute", title: "an extended attribute", how: "setxattr", names: FILE },
] as const satisfies readonly TechniqueSheet[];
