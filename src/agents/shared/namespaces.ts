/** What an agent in private namespaces needs: that the node grants them, and folders that look different inside. */
import { posix } from "node:path";
import type { AgentContext, Namespace } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { installHint } from "../../domain/packages.ts";
import { type Check, obstacle } from "./obstacle.ts";

const OPTIONS: Readonly<Record<Namespace, readonly string[]>> = {
  network: ["--net"],
  mount: ["--mount", "--propagation", "private"],
};

/** Makes such namespaces for the time of a `true`, because containers and kernel settings may refuse them to root too. */
export const needsNamespaces =
  (namespaces: readonly Namespace[]): Check =>
  async (host) => {
    for (const command of ["unshare", "nsenter", ...(namespaces.includes("network") ? ["ip"] : [])]) {
      if ((await host.which(command)) === undefined) {
        return obstacle(
          `it runs in namespaces of its own, and ${command} is not installed`,
          `run: ${await installHint(host, command === "ip" ? "iproute2" : "util-linux")}`,
        );
      }
    }
    const options = namespaces.flatMap((namespace) => OPTIONS[namespace]);
    const tried = await host.run("unshare", [...options, "true"]);
    return tried.exitCode === 0
      ? undefined
      : obstacle(
          `it runs in ${namespaces.join(" and ")} namespaces of its own, which this node refuses: ${tried.stderr.trim()}`,
          "run outside containers, or with CAP_SYS_ADMIN and a seccomp profile that allows unshare",
        );
  };

/** A private copy-on-write layer: what is below the folder stays as it is, the given files are laid over it. Writes stay in memory. */
const COVER = `set -e
folder=$1 files=$2 layer=$3
mount -t tmpfs tare "$layer"
mkdir "$layer/upper" "$layer/work"
chown --reference="$folder" "$layer/upper"
chmod --reference="$folder" "$layer/upper"
cp -R "$files/." "$layer/upper/"
mount -t overlay tare -o "lowerdir=$folder,upperdir=$layer/upper,workdir=$layer/work" "$folder"`;

/**
 * Makes `folder` look, inside the agent's mount namespace only, as if it held the given files (by path below it). The node's own folder
 * is not touched, and the layer is gone with the namespace, so there is nothing to undo.
 *
 * @throws TareError `run-failed` when the kernel refuses the mounts, for instance without overlayfs.
 */
export const coverFolder = async (
  host: Host,
  context: AgentContext,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> => {
  const name = folder.slice(1).replaceAll("/", "-");
  const source = `${context.directory}/${name}.files`;
  const layer = `${context.directory}/${name}.layer`;
  const command = ["sh", "-c", COVER, "cover", folder, source, layer];
  const inside = context.inside(command);
  if (inside.length === command.length) {
    throw new TareError(
      "run-failed",
      `${folder} of the node itself would be covered: there is no mount namespace of the run's own`,
      "this is a bug in the agent's file: it has to ask for isolation",
    );
  }
  await host.makeDirectory(source, 0o755);
  await host.makeDirectory(layer, 0o755);
  for (const [path, text] of Object.entries(files)) {
    await host.makeDirectory(posix.dirname(`${source}/${path}`), 0o755);
    await host.writeText(`${source}/${path}`, text, 0o644);
  }
  await context.effects.perform({
    kind: "command",
    title: `a layer over ${folder} in the agent's own mount namespace`,
    do: inside,
    undo: [],
  });
};
