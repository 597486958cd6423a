import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Emulation } from "../../src/domain/emulation.ts";
import { detectEmulation } from "../../src/host/emulation.ts";
import { createHost } from "../../src/host/host.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

interface Node {
  readonly arch?: "x86_64" | "aarch64";
  readonly files?: Readonly<Record<string, string>>;
  /** What cpu-identity prints; absent: it is not built. */
  readonly identity?: string;
  readonly dmesg?: string;
  /** What systemd-detect-virt says; absent: there is no such program. */
  readonly detector?: string;
  readonly guestOf?: string;
}

const detect = (node: Node): Promise<Emulation> =>
  detectEmulation(
    new FakeHost({
      arch: node.arch ?? "x86_64",
      files: node.files ?? {},
      programs: node.detector === undefined ? {} : { "systemd-detect-virt": "/usr/bin/systemd-detect-virt" },
      answer: (command) => {
        if (command.endsWith("/cpu-identity") && node.identity !== undefined)
          return { stdout: node.identity };
        if (command === "dmesg" && node.dmesg !== undefined) return { stdout: node.dmesg };
        return command.endsWith("systemd-detect-virt") ? { stdout: `${node.detector ?? ""}\n` } : undefined;
      },
    }),
    node.guestOf,
  );

const CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
const VENDOR = "/sys/class/dmi/id/sys_vendor";
const PRODUCT = "/sys/class/dmi/id/product_name";
const cpuinfo = (text: string): Readonly<Record<string, string>> => ({ "/proc/cpuinfo": text });
const ARM_A57 = "CPU implementer\t: 0x41\nCPU part\t: 0xd07\n";

describe("each of these alone is enough for emulated", () => {
  test.each<[string, Node, RegExp]>([
    ["the CPU's own word", { identity: "hypervisor TCGTCGTCGTCG\n" }, /TCGTCGTCGTCG/],
    [
      "QEMU's own CPU model",
      { files: cpuinfo("model name\t: QEMU TCG CPU version 2.5+\nflags\t\t: fpu hypervisor\n") },
      /QEMU TCG CPU/,
    ],
    [
      "QEMU's own Arm core",
      { arch: "aarch64", files: cpuinfo("CPU implementer\t: 0x00\nCPU part\t: 0x051\n") },
      /implementer 0x00/,
    ],
    [
      "QEMU's timer on a machine of QEMU's, by its device tree, without systemd",
      {
        arch: "aarch64",
        identity: "timer-hz 62500000\n",
        files: { ...cpuinfo(ARM_A57), "/proc/device-tree/compatible": "linux,dummy-virt\0" },
      },
      /62\.5 MHz/,
    ],
    [
      "QEMU's timer as the kernel logged it, on a machine of QEMU's by its firmware device",
      {
        arch: "aarch64",
        dmesg: "[    0.000000] arch_timer: cp15 timer(s) running at 62.50MHz (virt).\n",
        files: { ...cpuinfo(ARM_A57), "/sys/firmware/qemu_fw_cfg/rev": "3" },
      },
      /62\.5 MHz/,
    ],
    [
      "Apple's Rosetta, whose CPU announces no hypervisor",
      {
        identity: "hypervisor none\n",
        files: cpuinfo(
          "vendor_id\t: VirtualApple\nmodel name\t: VirtualApple @ 2.50GHz\nflags\t\t: fpu sse2\n",
        ),
      },
      /Rosetta/,
    ],
    ["Box64", { files: cpuinfo("model name\t: Box64 on Cortex-A76 @ 2.40 GHz\nflags\t\t: fpu\n") }, /Box64/],
    ["gem5", { files: cpuinfo("vendor_id\t: M5 Simulator\nmodel name\t: Fake M5 x86_64 CPU\n") }, /gem5/],
    [
      "QEMU's user mode on an Arm machine, which shows that machine's CPU",
      { files: { ...cpuinfo(ARM_A57), [VENDOR]: "Dell Inc.\n" } },
      /x86_64 on an Arm CPU/,
    ],
    [
      "the same the other way round",
      { arch: "aarch64", files: cpuinfo("vendor_id\t: AuthenticAMD\nflags\t\t: fpu\n") },
      /aarch64 on an x86 CPU/,
    ],
    ["bochs", { detector: "bochs" }, /bochs/],
    ["the word from outside", { guestOf: "x86_64/tcg" }, /TARE_GUEST_OF says x86_64\/tcg/],
    ["another architecture outside", { arch: "aarch64", guestOf: "x86_64/kvm" }, /no accelerator/],
  ])("%s", async (_, node, evidence) => {
    const { kind, evidence: seen } = await detect(node);
    expect(seen.join("; ")).toMatch(evidence);
    expect(kind).toBe("emulated");
  });
});

describe("each of these alone is enough for hardware", () => {
  test.each<[string, Node, RegExp]>([
    ["KVM's signature", { identity: "hypervisor KVMKVMKVM\n" }, /KVMKVMKVM/],
    ["another hypervisor's", { identity: "hypervisor Microsoft Hv\n" }, /Microsoft Hv/],
    [
      "bare metal",
      { identity: "hypervisor none\n", files: cpuinfo("flags\t\t: fpu vme\n") },
      /no hypervisor/,
    ],
    ["bare metal without our program", { files: cpuinfo("flags\t\t: fpu vme\n") }, /no hypervisor/],
    ["KVM's clock", { files: { [CLOCKS]: "tsc kvm-clock acpi_pm \n" } }, /kvm-clock/],
    [
      "the kernel's log on Arm",
      { arch: "aarch64", dmesg: "[    0.1] smccc: KVM: hypervisor services detected (0x0 0x0 0x0 0x3)\n" },
      /hypervisor services detected/,
    ],
    [
      "a core that QEMU cannot simulate",
      { arch: "aarch64", files: cpuinfo("CPU implementer\t: 0x61\n") },
      /0x61/,
    ],
    [
      "QEMU's name for a machine under KVM",
      { arch: "aarch64", files: { [VENDOR]: "QEMU", [PRODUCT]: "KVM Virtual Machine" } },
      /KVM Virtual Machine/,
    ],
    ["another maker of machines", { arch: "aarch64", files: { [VENDOR]: "Amazon EC2" } }, /Amazon EC2/],
    [
      "a board with a device tree of its own",
      {
        arch: "aarch64",
        files: {
          ...cpuinfo(ARM_A57),
          "/proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0",
        },
      },
      /device tree is that of raspberrypi,4-model-b/,
    ],
    ["systemd's word for KVM", { detector: "kvm" }, /says kvm/],
    ["the word from outside", { arch: "aarch64", guestOf: "arm64/hvf" }, /arm64\/hvf/],
  ])("%s", async (_, node, evidence) => {
    const { kind, evidence: seen } = await detect(node);
    expect(seen.join("; ")).toMatch(evidence);
    expect(kind).toBe("hardware");
  });
});

describe("these leave it open, and open is not hardware", () => {
  test.each<[string, Node]>([
    ["nothing can be read", {}],
    ["nothing can be read on Arm", { arch: "aarch64" }],
    [
      "a machine of QEMU's whose hypervisor hides its name",
      { identity: "hypervisor ?\n", detector: "qemu", files: { [VENDOR]: "QEMU" } },
    ],
    [
      "an Arm core that may be real, on a machine of QEMU's",
      {
        arch: "aarch64",
        files: { ...cpuinfo(ARM_A57), [VENDOR]: "QEMU", [PRODUCT]: "QEMU Virtual Machine" },
      },
    ],
    [
      "QEMU's timer frequency where nothing says that the machine is QEMU's",
      { arch: "aarch64", identity: "timer-hz 62500000\n", files: cpuinfo(ARM_A57) },
    ],
    ["a word from outside that nobody understands", { guestOf: "yes" }],
  ])("%s", async (_, node) => {
    const { kind, evidence } = await detect(node);
    expect(evidence).not.toEqual([]);
    expect(kind).toBe("unknown");
  });
});

test("emulation outweighs a claim that the CPU is real", async () => {
  const claimed = await detect({ identity: "hypervisor TCGTCGTCGTCG\n", guestOf: "x86_64/kvm" });
  expect(claimed.kind).toBe("emulated");
  expect(claimed.evidence).toHaveLength(2);
});

test("this very machine gives an answer with its evidence", async () => {
  const host = createHost({
    root: resolve(import.meta.dirname, "../.."),
    journalDirectory: folder,
  });
  const { kind, evidence } = await detectEmulation(host, undefined);
  expect(evidence.join("; ")).toMatch(host.arch === "aarch64" ? /implementer/ : /the CPU/);
  // An Arm core of a machine that says nothing of itself may stay open; an x86 CPU always tells.
  expect(host.arch === "x86_64" && kind === "unknown").toBe(false);
});
