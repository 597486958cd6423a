/** Programs that are not the project's: who brings them, and what of their arguments the project's texts use. */

export interface Outside {
  /** The package of Debian that has it, or why the reader has it. */
  readonly from: string;
  /** What may follow the name; a word that a reader fills in is `X`. */
  readonly takes: RegExp;
  /** An English word too: without back-ticks it is a command only before a word like this. */
  readonly unless?: RegExp;
}

const FLAG = /^-/;

export const OUTSIDE: Readonly<Record<string, Outside>> = {
  accton: { from: "acct", takes: /^(?:on|off|X)$/ },
  "apt-get": {
    from: "apt",
    takes:
      /^(?:update|(?:install|remove|purge)(?: -y| --no-install-recommends| -t [\w-]+)*(?: (?:[a-z\d][a-z\d+.-]+|\S*X\S*))+)$/,
  },
  auditctl: { from: "auditd", takes: /^-[sDl]$/ },
  bq: {
    from: "Google's, the warehouse's own client",
    takes: /^load --source_format=NEWLINE_DELIMITED_JSON \S+ \S+ \S+$/,
  },
  chmod: { from: "coreutils", takes: /^[ugoa]*[+-][rwx]+(?: \S+)*$/ },
  docker: { from: "who has containers has it", takes: /^(?:container inspect|run -it --privileged)\b/ },
  falco: { from: "Falco's release (`tare agents install falco`)", takes: /^-V$/ },
  go: {
    from: "golang-go, or the Go project's own",
    takes: /^(?:mod tidy|version)$/,
    unless: /^(?:mod|version)$/,
  },
  gunzip: { from: "gzip", takes: /^\S+$/ },
  helm: {
    from: "who has a cluster has it",
    takes: /^(?:install \w+ \w+(?: --set [\w.[\]]+=[\w-]+)*|uninstall)$/,
  },
  kill: { from: "procps, and every shell", takes: /^-(?:9|STOP|CONT|TERM)\b/, unless: FLAG },
  kubectl: {
    from: "who has a cluster has it",
    takes:
      /^(?:exec\b|apply -f -$|delete$|describe (?:node|pod)$|get nodes --show-labels$|-n X get pods -o wide$|rollout status$|auth can-i (?:--list$|X X )|config view$|cluster-info$|version$|krew install --manifest=\S+$)/,
  },
  ln: { from: "coreutils", takes: /^-s \S+ \S+$/ },
  mke2fs: { from: "e2fsprogs", takes: /^-d\b/ },
  modprobe: { from: "kmod", takes: /^[\w-]+$/ },
  mount: { from: "mount", takes: /^(?:-t \w+ \w+ \/|-o [\w,]+ )\S+$/ },
  nc: { from: "netcat-openbsd", takes: /^-U\b/ },
  nstat: { from: "iproute2", takes: /^-z \w+$/ },
  perf: { from: "linux-perf", takes: /^stat -a(?: -e [\w:]+)+ sleep \d+$/ },
  rm: { from: "coreutils", takes: /^(?:-(?:r|f|rf) )?\S+$/ },
  skopeo: { from: "skopeo", takes: /^copy --all oci:\S+ docker:\S+$/ },
  sar: { from: "sysstat", takes: /^-w \d+ \d+$/ },
  systemctl: {
    from: "systemd",
    takes: /^(?:(?:start|stop|show|restart|status)(?: \S+)*|list-units --type=service)$/,
  },
  tmux: { from: "tmux", takes: /^capture-pane -e -p -S -$/ },
  uname: { from: "coreutils", takes: /^-[rm]+$/ },
  usermod: { from: "passwd", takes: /^-aG \w+ \S+$/ },
  vagrant: {
    from: "vagrant",
    takes:
      /^(?:--version|(?:up|provision|destroy|rsync|status|halt|ssh)(?: (?:amd64|arm64|X|-f|--no-provision|--provider(?: |=)\w+))*|box (?:list|update|remove \S+)|plugin install \S+)?$/,
  },
  virsh: {
    from: "libvirt-clients",
    takes:
      /^(?:-c \S+ )?(?:list --all|undefine(?: --nvram)?(?: \S+)?|vol-list \w+|vol-delete(?: --pool \w+ \S+)?)$/,
  },
};

/** What begins code, a protocol or a setting between back-ticks, and is no program. */
export const NO_PROGRAM: Readonly<Record<string, string>> = {
  GET: "HTTP",
  int: "an instruction of x86",
  struct: "C",
  export: "JavaScript",
};
