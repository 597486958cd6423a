/** What Vagrant's messages mean for a measurement, and what to do next. */

/** `console`: the guest's serial console may say more. */
type Known = readonly [pattern: RegExp, message: string, hint: string, more?: "console"];

const KNOWN: readonly Known[] = [
  [
    /checksum of the (downloaded )?box did not match|does not match the expected\s+checksum/i,
    "the box does not match its checksum: it was not used",
    "remove the file and its .sha256 and make it again with `npm run tare -- vms box --arch <ARCH>`, or correct TARE_BOX_<ARCH>_SHA256",
  ],
  [
    /No space left on device|not enough (free )?(disk )?space/i,
    "the disk is full",
    "free some space where Vagrant and the provider keep boxes and disks",
  ],
  [
    /has no available version that\s+matches the constraints/i,
    "the hub has no such version of the box, or not for this provider and architecture",
    'publishers delete old boxes: TARE_BOX_<ARCH>_VERSION takes another version or a range (">= 1"), TARE_BOX_<ARCH> another box; --boxes built needs no hub',
  ],
  [
    /doesn't support the provider\s+you requested/i,
    "the box is not made for this provider",
    "name another provider with --provider, or a box that has it with TARE_BOX_<ARCH>; boxes that are built here are for libvirt",
  ],
  [
    /could not be accessed in the remote catalog|Could not resolve host|Failed to connect to .* port/i,
    "the box could not be fetched",
    "without a way to the hub, --boxes built makes the box from Debian's archive",
  ],
  [
    /No usable default provider|The provider '[^']*' could not be found|that was requested to back the machine/i,
    "Vagrant has no provider that works here",
    "Debian: apt-get install vagrant-libvirt; Apple silicon: vagrant plugin install vagrant-qemu; or name one with --provider",
  ],
  [
    /(Failed to connect socket to|Error while connecting to Libvirt|authentication unavailable)/i,
    "libvirt does not answer",
    "start libvirtd (systemctl start libvirtd), and be root or in the group libvirt",
  ],
  [
    /(could not open|cannot access)[^\n]*Permission denied/i,
    "QEMU may not read what libvirt starts it with",
    "libvirt runs QEMU as another user (libvirt-qemu): put VAGRANT_HOME, and TARE_VM_CACHE, where that user may look into each folder of the path, such as below /var/lib; docs/vms.md says more",
  ],
  [
    /Timed out while waiting for the machine to boot|Waiting for domain to get an IP address[^]*(timed? ?out|timeout)/i,
    "the virtual machine did not come up in time",
    "a slow host needs a longer --boot-timeout",
    "console",
  ],
  [
    /because it is locked/i,
    "another Vagrant works on this virtual machine",
    "wait until it is done, or end it",
  ],
  [
    /is already (being used|in use)|Domain name .* already taken|volume .* already exists|Volume for domain is already created/i,
    "a virtual machine or a disk of that name is there already, left by something else",
    "`virsh list --all` and `virsh vol-list default` name it; remove it with `virsh undefine NAME` and `virsh vol-delete --pool default NAME`",
  ],
  [
    /could not install nodejs and npm/i,
    "the guest could not install Node and npm from Debian's archive, to fetch the pinned Node with",
    "without a way to the archive, --boxes built brings along all that a guest needs",
  ],
  [
    /the bench in \S+ did not end well/i,
    "the run in the guest failed",
    "bench.log in its results folder says why",
  ],
];

export const explain = (output: string): Known | undefined => KNOWN.find(([pattern]) => pattern.test(output));
