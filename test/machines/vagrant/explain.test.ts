/** Messages as Vagrant 2.3.4 (templates/locales/en.yml) and libvirt 11.3 word them. */
import { expect, test } from "vitest";
import { explain } from "../../../src/machines/vagrant/explain.ts";

test.each([
  [
    "The checksum of the downloaded box did not match the expected\nvalue. Please verify that you have the proper URL setup and that",
    /does not match its checksum/,
  ],
  ["The calculated checksum of the requested file does not match the expected\nchecksum!", /checksum/],
  ["An error occurred: write: No space left on device", /disk is full/],
  [
    "The box 'cloud-image/debian-12' could not be found or\ncould not be accessed in the remote catalog. If this is a private",
    /could not be fetched/,
  ],
  ["No usable default provider could be found for your system.", /no provider/],
  ["The provider 'qemu' could not be found, but was requested to\nback the machine 'arm64'.", /no provider/],
  [
    "Error while connecting to Libvirt: Error making a connection to libvirt URI qemu:///system:\nCall to virConnectOpen failed: Failed to connect socket to '/var/run/libvirt/libvirt-sock'",
    /libvirt does not answer/,
  ],
  ["Timed out while waiting for the machine to boot. This means that", /did not come up in time/],
  [
    "The box you're attempting to add has no available version that\nmatches the constraints you requested. Please double-check your",
    /no such version of the box/,
  ],
  [
    "The box you're attempting to add doesn't support the provider\nyou requested. Please find an alternate box or use an alternate",
    /not made for this provider/,
  ],
  [
    "internal error: process exited while connecting to monitor: qemu: could not open kernel file '/root/.vagrant.d/boxes/tare/0/libvirt/vmlinuz': Permission denied",
    /QEMU may not read/,
  ],
  [
    "Cannot access storage file '/home/me/x.img' (as uid:64055, gid:107): Permission denied",
    /QEMU may not read/,
  ],
  ["    amd64: guest: apt-get could not install nodejs and npm (see above)", /could not install Node/],
  ["Vagrant can't use the requested machine because it is locked! This", /another Vagrant/],
])("%j", (output, expected) => {
  const [, message, hint] = explain(output) ?? [];
  expect(message).toMatch(expected);
  expect(hint).not.toBe("");
});

test("what is not known is not guessed at", () => {
  expect(explain("==> amd64: something went wrong")).toBeUndefined();
});
