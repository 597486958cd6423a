/** The pieces that an image is put together from, each made by a well-known tool without loop devices or mounts. */
import { mkdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "./architectures.ts";
import { EPOCH_SECONDS } from "./debian.ts";
import { run } from "./shell.ts";

/** Fixed, so that the same tree gives the same file system. */
const FILE_SYSTEM_ID = "7a6e0001-7461-4265-8000-000000000001";
export const ROOT_LABEL = "tare-root";

const MEGABYTE = 1 << 20;
export interface FileSystemOptions {
  readonly label: string;
  /** Room to work in. The file is sparse: only what is used takes room here. */
  readonly freeMegabytes: number;
}

/** Makes an ext4 file system with the contents of a folder. */
export const makeFileSystem = async (
  file: string,
  tree: string,
  options: FileSystemOptions,
): Promise<void> => {
  const used = Number((await run("du", ["--summarize", "--block-size=1M", tree])).split("\t")[0]);
  await writeFile(file, "");
  await truncate(file, (Math.ceil(used * 1.15) + options.freeMegabytes) * MEGABYTE);
  await run(
    "mke2fs",
    [
      "-q",
      "-t",
      "ext4",
      "-L",
      options.label,
      "-U",
      FILE_SYSTEM_ID,
      "-E",
      `hash_seed=${FILE_SYSTEM_ID},lazy_itable_init=1,lazy_journal_init=1`,
      "-d",
      tree,
      file,
    ],
    { env: { E2FSPROGS_FAKE_TIME: String(EPOCH_SECONDS) } },
  );
};

/** For a root on virtio, SATA, SCSI or NVMe, with an ext4 whose parts may be modules. */
const INITRD_MODULES = [
  "virtio_pci",
  "virtio_blk",
  "virtio_scsi",
  "virtio_net",
  "sd_mod",
  "ahci",
  "nvme",
  "ext4",
];

const INITRD_INIT = `#!/bin/busybox sh
# Finds the root file system and hands over to it.
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in $(/bin/busybox cat /modules); do /bin/busybox modprobe -q "$module"; done
root= init=/sbin/init flags=ro
for word in $(/bin/busybox cat /proc/cmdline); do
    case $word in
    root=*) root=\${word#root=} ;;
    init=*) init=\${word#init=} ;;
    rw) flags=rw ;;
    esac
done
tries=0
while [ "$tries" -lt 300 ]; do
    case $root in
    LABEL=*) device=$(/bin/busybox findfs "$root" 2>/dev/null) ;;
    *) device=$root ;;
    esac
    [ -b "$device" ] && break
    tries=$((tries + 1))
    /bin/busybox usleep 100000
done
if ! /bin/busybox mount -t ext4 -o "$flags" "$device" /root; then
    echo "initrd: no root file system at \\"$root\\" after 30 s; the disks here:"
    /bin/busybox cat /proc/partitions
    /bin/busybox poweroff -f
fi
for folder in proc sys dev; do /bin/busybox mount --move "/$folder" "/root/$folder"; done
exec /bin/busybox switch_root /root "$init"
`;

/** Names and files of the modules that the list needs, in the order that modprobe tells; what the kernel has built in is left out. */
const moduleFiles = async (tree: string, release: string): Promise<readonly string[]> => {
  const files = new Set<string>();
  for (const name of INITRD_MODULES) {
    const told = await run("modprobe", [
      "--dirname",
      tree,
      "--set-version",
      release,
      "--show-depends",
      "--quiet",
      name,
    ]).catch(() => "");
    for (const line of told.split("\n")) {
      const file = /^insmod (\S+)/.exec(line)?.[1];
      if (file !== undefined) files.add(file);
    }
  }
  return [...files];
};

/** Makes a small initrd from the tree's own busybox and modules: enough to find a root file system on any usual disk. */
export const makeInitrd = async (file: string, tree: string, release: string): Promise<void> => {
  const folder = `${file}.tree`;
  const modules = join(folder, "lib/modules", release);
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(modules, { recursive: true });
  await run("cp", [join(tree, "bin/busybox"), join(folder, "bin/busybox")]);
  for (const module of await moduleFiles(tree, release)) await run("cp", [module, modules]);
  for (const list of ["modules.order", "modules.builtin"])
    await run("cp", [join(tree, "lib/modules", release, list), modules]);
  await run("depmod", ["--all", "--basedir", folder, release]);
  await writeFile(join(folder, "modules"), `${INITRD_MODULES.join("\n")}\n`);
  await writeFile(join(folder, "init"), INITRD_INIT, { mode: 0o755 });
  await run("sh", [
    "-c",
    'cd "$1" && find . -exec touch -h -d "@$2" {} + && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0 | gzip -n >"$3"',
    "sh",
    folder,
    String(EPOCH_SECONDS),
    file,
  ]);
  await rm(folder, { recursive: true });
};

const SECTOR = 512;
const ESP_START_MEGABYTE = 1;
const ESP_MEGABYTES = 255;

/** Makes a disk that UEFI boots: a FAT partition with systemd-boot, the kernel and the initrd, and one with the root. */
export const makeUefiDisk = async (
  disk: string,
  from: { readonly root: string; readonly kernel: string; readonly initrd: string; readonly tree: string },
  architecture: Architecture,
  commandLine: string,
): Promise<void> => {
  const rootStart = ESP_START_MEGABYTE + ESP_MEGABYTES;
  const { size } = await stat(from.root);
  await writeFile(disk, "");
  await truncate(disk, size + (rootStart + 1) * MEGABYTE);
  await run("sfdisk", ["--quiet", disk], {
    input: [
      "label: gpt",
      `label-id: ${FILE_SYSTEM_ID}`,
      `start=${(ESP_START_MEGABYTE * MEGABYTE) / SECTOR}, size=${(ESP_MEGABYTES * MEGABYTE) / SECTOR}, type=U, uuid=7a6e0001-7461-4265-8000-000000000002`,
      `start=${(rootStart * MEGABYTE) / SECTOR}, size=${size / SECTOR}, type=L, uuid=7a6e0001-7461-4265-8000-000000000003, name=root`,
      "",
    ].join("\n"),
  });
  await run("dd", [
    `if=${from.root}`,
    `of=${disk}`,
    "bs=1M",
    `seek=${rootStart}`,
    "conv=notrunc,sparse",
    "status=none",
  ]);
  const esp = `${disk}@@${ESP_START_MEGABYTE}M`;
  const env = { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS), MTOOLS_SKIP_CHECK: "1" };
  const [source, name] = architecture.bootLoader;
  const entry = `${disk}.entry`;
  const loader = `${disk}.loader`;
  await writeFile(
    entry,
    `title tare guest\nlinux /vmlinuz\ninitrd /initrd.img\noptions root=LABEL=${ROOT_LABEL} ${commandLine}\n`,
  );
  await writeFile(loader, "default tare.conf\ntimeout 0\n");
  await run(
    "mformat",
    [
      "-i",
      esp,
      "-F",
      "-v",
      "TAREBOOT",
      "-N",
      "7a6e0001",
      "-T",
      String((ESP_MEGABYTES * MEGABYTE) / SECTOR),
      "::",
    ],
    { env },
  );
  await run("mmd", ["-i", esp, "::/EFI", "::/EFI/BOOT", "::/loader", "::/loader/entries"], { env });
  for (const [path, target] of [
    [join(from.tree, "usr/lib/systemd/boot/efi", source), `::/EFI/BOOT/${name}`],
    [from.kernel, "::/vmlinuz"],
    [from.initrd, "::/initrd.img"],
    [entry, "::/loader/entries/tare.conf"],
    [loader, "::/loader/loader.conf"],
  ] as const) {
    await run("mcopy", ["-i", esp, path, target], { env });
  }
  await rm(entry);
  await rm(loader);
};

/** Every time stamp of a tree set to one moment, so that it does not tell when the image was made. */
export const clampTimes = async (tree: string): Promise<void> => {
  await run("find", [tree, "-exec", "touch", "--no-dereference", "--date", `@${EPOCH_SECONDS}`, "{}", "+"]);
};
