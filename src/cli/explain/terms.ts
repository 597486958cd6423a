import type { Explanation } from "./explanation.ts";

/** The words of the method, as reports and docs use them. docs/glossary.md is generated from here. */
const WORDS: Readonly<Record<string, Pick<Explanation, "meaning"> & Partial<Explanation>>> = {
  operation: {
    meaning: "One unit of work that the workload does, times and counts: one exec, one open, one connect.",
  },
  batch: {
    meaning: "A few hundred to a few thousand operations. A batch gives one cost per operation and metric.",
  },
  trial: {
    meaning:
      "One scenario under one running agent: warm-up, measured window, drain. A trial gives one number per metric.",
  },
  turn: {
    meaning: "One start of an agent, all its trials in shuffled order, and its stop.",
  },
  block: {
    meaning:
      "Every agent once and the baseline twice, in random order. A cost is a difference within a block; the number of blocks is the n of every figure.",
  },
  run: {
    meaning: "All blocks measured on one node from one start. A run is one record.",
  },
  "kind of node": {
    meaning:
      "Nodes of one architecture, CPU model, number of CPUs, memory, kernel series and distribution. A report over many nodes takes only those together.",
    next: "docs/fleet.md says how to measure a fleet.",
  },
  "prediction interval": {
    meaning:
      "Where one more node of a kind would come out if it were measured like the others, with 95 %. Unlike the interval of a mean, it does not shrink to nothing with more nodes: nodes differ.",
  },
  record: {
    meaning:
      "The file of everything measured, one sealed JSON line per event. Summary, page and exports can be made again from it alone.",
    next: "`tare verify FOLDER` checks its digests and reproduces its summary.",
  },
  baseline: {
    meaning:
      "The same workload with no agent. It runs twice in every block, so a run also compares the node with itself.",
  },
  scenario: {
    meaning: "A workload: what one operation is, how it is driven, and which events it raises.",
    next: "`tare list` shows them; docs/adding-a-scenario.md says how to add one.",
  },
  technique: {
    meaning:
      "One way of doing something that sensors watch, such as an open through io_uring. `tare coverage` tries each under each agent; a scenario may do several in turn.",
    next: "docs/coverage.md tells how; `tare coverage --list` names them.",
  },
  family: {
    meaning:
      "The class of event that an operation raises: exec, file, network, write, rename, delete, or high-value.",
  },
  load: {
    meaning:
      "How operations are offered. Closed: the next starts when the last ends. Open: each starts when it is due, whether or not earlier ones are done.",
    next: "Results of different loads are never mixed.",
  },
  placement: {
    meaning:
      "Pinned: the workload has one CPU to itself, agent and harness share the others. Free: the scheduler decides.",
  },
  window: {
    meaning: "The part of a trial that is measured, after the warm-up and before the drain.",
  },
  drain: {
    meaning:
      "The wait after the window until the agent has written what it still held. Its CPU time counts as the agent's cost.",
  },
  sentinel: {
    meaning:
      "An operation done to see whether the agent is ready: it is once a sentinel of each family has appeared in its output.",
  },
  token: {
    meaning:
      "The mark that makes each operation unique in the agent's output: an argument, a path, or an address and port.",
    next: "docs/driver-protocol.md gives its forms.",
  },
  ledger: {
    meaning:
      "The balance of events, of each trial by itself: operations = delivered + declared lost + silently lost.",
  },
  declared: {
    title: "declared loss",
    meaning:
      "Events that the agent's own counters say were lost: a range, where they count records or other programs' events as well.",
    next: "Watch the same counters in production.",
  },
  silent: {
    title: "silent loss",
    meaning:
      "Operations that are missing from the agent's output and that none of its counters admits: a range where these tell of one, unknown without a counter.",
    next: "Counters cannot warn you about silent loss: test the agent at the rates you expect.",
  },
  coverage: {
    meaning:
      "What an agent can see by design, as configured here. A gap in coverage is not a loss and is never counted as one.",
  },
  claim: {
    meaning:
      "What an agent's data sheet says that it tells of a technique: seen, partly, not seen. A claim that does not hold is wrong, whichever way.",
  },
  backpressure: {
    meaning:
      "What an agent does when it cannot keep up: drop events, or block the programs it watches. `--backpressure` forces it.",
    next: "docs/backpressure.md tells how.",
  },
  knee: {
    meaning:
      "The highest rate at which, in the long run, at most 0.1 % of an agent's events are lost or part of a growing backlog. Of an agent that blocks: at which operations begin to wait.",
    next: "`tare run --profile load` looks for it; docs/load.md tells how.",
  },
  burst: {
    meaning:
      "Operations as fast as they go, after a pause. The largest of which an agent loses nothing tells how much its buffers hold.",
  },
  recovery: {
    meaning: "How long after an overload an agent's events come on time again and none is lost.",
  },
  collapse: {
    meaning:
      "An overload delivers less than nine tenths of what the agent carries at its knee: it gets slower where it should be at its best.",
  },
  knob: {
    meaning:
      "An agent's own setting for how many events it can hold. A larger one helps against bursts; against a load that lasts only where the knee moves with it.",
    next: "`tare run --scenarios sweep-exec` tries a quarter of it and four times as much.",
  },
  neighbour: {
    meaning:
      "A service with a clock of its own that is looked at alone and beside a storm, with and without each agent: who suffers beside it?",
    next: "docs/neighbour.md says how; `tare run --scenarios neighbour-exec` does it.",
  },
  storm: {
    meaning:
      "Operations of another workload at a bounded rate beside a service, in a cgroup of their own. None of its events is counted.",
  },
  interaction: {
    meaning:
      "How many times more a storm costs a service with an agent than without. What the storm and the agent do by themselves is not in it; x1.00: they only add up.",
  },
  budget: {
    meaning: "The most that a cost or a loss may be, declared before the run.",
    next: "docs/budgets.md says how to declare one.",
  },
  verdict: {
    meaning:
      "A figure held against a budget: within, over, no-detectable-cost, inconclusive or invalid. The bound of the interval decides, not the figure itself.",
    next: "`tare explain inconclusive` explains one of them.",
  },
  interval: {
    meaning:
      "The values of the true cost that fit the data, at the confidence given in the caption (normally 95 %). Shown from four blocks on.",
    next: "If it is too wide, run more blocks or use a quieter node.",
  },
  exploratory: {
    meaning: "A figure from too few blocks for an interval. It shows where to look and decides nothing.",
    next: "Run four blocks or more.",
  },
  "detectable-from": {
    title: "detectable from",
    meaning:
      "The smallest cost that this many blocks would find four times out of five (80 % power). Smaller costs may be there unseen.",
  },
  "self-checks": {
    meaning:
      "What the instrument makes of known answers: itself (A/A), known costs, known losses, known levels, and the node's noise.",
  },
  "a-a": {
    title: "A/A check",
    meaning:
      "The node compared with itself: the two baselines of each block, and an agent that starts nothing. One in twenty such intervals excludes zero by chance.",
    next: "More than chance explains makes every verdict on a cost invalid: look for what disturbs the node.",
  },
  calibration: {
    meaning:
      "CPU time, losses and memory of known size, injected on purpose and measured like an agent. What comes back must be what went in.",
    next: "`tare calibrate` runs it alone.",
  },
  dose: {
    meaning: "The CPU time that a calibration agent burns per operation.",
  },
  floor: {
    meaning:
      "What any sensor on the same hook must cost: a BPF program that submits an empty record and nothing else.",
  },
  "carry-over": {
    meaning:
      "A difference between baselines that follow an agent and baselines elsewhere: something the agent left in the node.",
    next: "An agent with carry-over slows the node even after it is removed.",
  },
  steal: {
    meaning:
      "CPU time that the hypervisor gave to other guests. It is noise, never an agent's cost; trials with much of it are done again.",
    next: "Measure on a dedicated host if it stays high.",
  },
  redone: {
    title: "done again",
    meaning:
      "A trial disturbed by noise is repeated, at most twice. The noise is judged by readings that cannot see the agent's effect, and all attempts stay in the record.",
  },
  emulated: {
    meaning:
      "The CPU is simulated in software. Events, losses and memory count, but speed says nothing about real hardware, so there is no verdict on cost.",
    next: "Run on hardware of that architecture, or in a guest with hardware virtualisation.",
  },
};

export const TERMS: ReadonlyMap<string, Explanation> = new Map(
  Object.entries(WORDS).map(([word, { title = word, meaning, next = "" }]) => [
    word,
    { title, meaning, next },
  ]),
);
