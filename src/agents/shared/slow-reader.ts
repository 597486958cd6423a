/** A reader of a socket that takes less than comes, as a log pipeline does that is behind: one process, which sleeps between two reads. */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { awaitListening } from "./await-start.ts";
import { launch, type Launched } from "./launch.ts";

const BYTES = 32_768;
const EVERY_SECONDS = 1 / 64;

export const SLOW_READER = "perl";
export const SLOW_READER_PACE = `${(BYTES / EVERY_SECONDS / 2 ** 20).toFixed(0)} MiB a second`;

const PROGRAM = `use IO::Socket::UNIX;
my ($at, $to, $bytes, $every) = @ARGV;
my $server = IO::Socket::UNIX->new(Local => $at, Listen => 1) or die "$at: $!\\n";
my $client = $server->accept or die "$at: $!\\n";
open(my $file, '>>', $to) or die "$to: $!\\n";
while (sysread($client, my $part, $bytes)) {
  syswrite($file, $part) or die "$to: $!\\n";
  select(undef, undef, undef, $every);
}
`;

/** Listens at the address, and appends what it reads of its one client to the file. */
export const startSlowReader = async (
  host: Host,
  context: AgentContext,
  address: string,
  path: string,
): Promise<Launched> => {
  const args = ["-e", PROGRAM, address, path, String(BYTES), String(EVERY_SECONDS)];
  const reader = await launch(context, "slow-reader", { command: SLOW_READER, args }, 2000);
  await awaitListening(host, context, "the slow reader", reader, address);
  return reader;
};
