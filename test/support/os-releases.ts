/** /etc/os-release as systems have it: the lines that say what they are. */
const lines = (...all: readonly string[]): string => `${all.join("\n")}\n`;

export const OS_RELEASES = {
  debian: lines('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', "ID=debian", 'VERSION_ID="12"'),
  ubuntu: lines('NAME="Ubuntu"', 'VERSION_ID="24.04"', "ID=ubuntu", "ID_LIKE=debian"),
  rhel8: lines('NAME="Red Hat Enterprise Linux"', 'ID="rhel"', 'ID_LIKE="fedora"', 'VERSION_ID="8.10"'),
  rocky9: lines('NAME="Rocky Linux"', 'ID="rocky"', 'ID_LIKE="rhel centos fedora"', 'VERSION_ID="9.4"'),
  fedora: lines('NAME="Fedora Linux"', "ID=fedora", "VERSION_ID=42"),
  amazon2: lines('NAME="Amazon Linux"', 'ID="amzn"', 'ID_LIKE="centos rhel fedora"', 'VERSION_ID="2"'),
  amazon2023: lines('NAME="Amazon Linux"', 'ID="amzn"', 'ID_LIKE="fedora"', 'VERSION_ID="2023"'),
  leap: lines('NAME="openSUSE Leap"', 'ID="opensuse-leap"', 'ID_LIKE="suse opensuse"', 'VERSION_ID="15.6"'),
  sles: lines('NAME="SLES"', 'ID="sles"', 'ID_LIKE="suse"', 'VERSION_ID="15.6"'),
  alpine: lines('NAME="Alpine Linux"', "ID=alpine", "VERSION_ID=3.22.1"),
  arch: lines('NAME="Arch Linux"', "ID=arch", "BUILD_ID=rolling"),
  bottlerocket: lines("NAME=Bottlerocket", "ID=bottlerocket", 'VERSION_ID="1.44.0"'),
  cos: lines('NAME="Container-Optimized OS"', "ID=cos", "VERSION_ID=121"),
  talos: lines('NAME="Talos"', "ID=talos", "VERSION_ID=v1.11.0"),
} as const;

export type System = keyof typeof OS_RELEASES;
