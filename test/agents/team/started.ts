/** The agents that a team's files become, and a node on which one of them was started. */
import { teamAgents, type TeamAgent } from "../../../src/agents/team/policy.ts";
import type { Agent, RunningAgent } from "../../../src/domain/agent.ts";
import { plainContext } from "../../support/agent-context.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { policyFiles } from "../../support/policy-files.ts";
import { fixture } from "../../support/tally-fixture.ts";

export const agentsOf = (team: TeamAgent, ...texts: readonly string[]): readonly Agent[] =>
  teamAgents(
    team,
    team.read(
      texts.map((text, index) => ({ path: `p/${index + 1}.yaml`, text })),
      false,
    ),
    { path: "p", digest: "00" },
  );

export interface Started {
  readonly host: FakeHost;
  readonly running: RunningAgent;
}

export const startedOn = async (agent: Agent | undefined): Promise<Started> => {
  if (agent === undefined) throw new Error("there is no such agent");
  const host = new FakeHost({
    pages: {
      "http://127.0.0.1:48765/metrics": "falcosecurity_scap_n_evts_total 7\n",
      "http://127.0.0.1:43366/metrics": fixture("tracee-0.24.1.metrics"),
    },
    files: { ...policyFiles(), "/turn/tetragon.log": 'level=info msg="Listening for events..."\n' },
    programs: { auditctl: "/sbin/auditctl" },
    answer: (command) =>
      command === "auditctl"
        ? {
            stdout:
              "enabled 0\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 64\nbacklog_wait_time 1\nlost 0\n",
          }
        : { stdout: "" },
  });
  return { host, running: await agent.start(host, plainContext(host, {})) };
};

export const started = async (agent: Agent | undefined): Promise<FakeHost> => (await startedOn(agent)).host;

export const written = (host: FakeHost, name: string): string =>
  host.files.get(`/turn/${name}`) ?? "(not written)";
