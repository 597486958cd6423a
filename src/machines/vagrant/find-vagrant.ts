/** Vagrant on this host, and the provider that it will use. The Vagrantfile finds the provider by the same rules. */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { PROVIDERS } from "../guests.ts";

const MIN_VERSION = [2, 3, 4] as const;

export interface Vagrant {
  readonly version: string;
  readonly provider: string;
}

/** `asked`: --provider or VAGRANT_DEFAULT_PROVIDER; `preferred`: the value of VAGRANT_PREFERRED_PROVIDERS. */
export const findVagrant = async (
  host: Host,
  asked: string | undefined,
  preferred: string | undefined,
): Promise<Vagrant> => ({
  version: await findVersion(host),
  provider: await findProvider(host, asked, preferred),
});

const findVersion = async (host: Host): Promise<string> => {
  if ((await host.which("vagrant")) === undefined) {
    throw new TareError(
      "host-unfit",
      "vagrant was not found",
      "Debian: apt-get install --no-install-recommends vagrant vagrant-libvirt libvirt-daemon-system qemu-system-x86 qemu-system-arm",
    );
  }
  const said = await host.run("vagrant", ["--version"], { timeoutMs: 60_000 });
  const version = /\d+\.\d+\.\d+/.exec(said.stdout)?.[0];
  const hint = `Vagrant ${MIN_VERSION.join(".")} or newer is needed`;
  if (version === undefined)
    throw new TareError("host-unfit", `vagrant --version says "${(said.stdout + said.stderr).trim()}"`, hint);
  if (isOlder(version, MIN_VERSION)) throw new TareError("host-unfit", `Vagrant ${version} is too old`, hint);
  return version;
};

const isOlder = (version: string, than: readonly number[]): boolean => {
  const parts = version.split(".").map(Number);
  for (const [at, least] of than.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
};

const findProvider = async (
  host: Host,
  asked: string | undefined,
  preferred: string | undefined,
): Promise<string> => {
  const listed = (await host.run("vagrant", ["plugin", "list"], { timeoutMs: 60_000 })).stdout;
  const virtualbox = (await host.which("VBoxManage")) !== undefined;
  // The one without a plugin comes with Vagrant, and works where its program is.
  const usable = Object.entries(PROVIDERS)
    .filter(([, { plugin }]) => (plugin === null ? virtualbox : listed.includes(plugin)))
    .map(([name]) => name);
  if (asked !== undefined) {
    const plugin = PROVIDERS[asked]?.plugin ?? undefined;
    if (plugin === undefined || usable.includes(asked)) return asked;
    throw new TareError(
      "host-unfit",
      `the Vagrant plugin ${plugin} of the provider ${asked} is not installed`,
      `vagrant plugin install ${plugin}${asked === "libvirt" ? " (Debian: apt-get install vagrant-libvirt)" : ""}`,
    );
  }
  const wished = (preferred ?? "").split(",").map((name) => name.trim());
  const found = usable.find((name) => wished.includes(name)) ?? usable[0];
  if (found !== undefined) return found;
  throw new TareError(
    "host-unfit",
    "Vagrant has no provider here: no plugin for one, and no VirtualBox",
    "Debian: apt-get install vagrant-libvirt; Apple silicon: vagrant plugin install vagrant-qemu",
  );
};
