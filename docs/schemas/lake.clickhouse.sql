-- The tables of docs/lake.md for ClickHouse. Written by `node scripts/schemas.ts`.
CREATE DATABASE IF NOT EXISTS tare;

CREATE TABLE IF NOT EXISTS tare.runs
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `kind` String COMMENT 'timed, counted (instructions), tried (coverage alone), or beside (no cost)',
    `profile` String COMMENT 'How much was asked for',
    `ended_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the run ended, UTC; none: it was interrupted',
    `complete` Bool COMMENT 'It came to its end',
    `blocks` Int64 COMMENT 'Blocks whose turns all ran',
    `trials_measured` Int64 COMMENT 'Trials with a result',
    `trials_skipped` Int64 COMMENT 'Trials that the node cannot do',
    `trials_failed` Int64 COMMENT 'Trials that failed',
    `attempts_given_up` Int64 COMMENT 'Attempts that were done again because of noise',
    `seed` Float64 COMMENT 'Seed of the order and of the analysis',
    `budget_source` String COMMENT 'Where the budgets come from',
    `distribution` String COMMENT 'Operating system of the node',
    `cpus` Int64 COMMENT 'CPUs that were usable',
    `memory_bytes` Float64 COMMENT 'Memory of the node',
    `virtualisation` String COMMENT 'What the node runs in',
    `machine_id_hash` Nullable(String) COMMENT 'Of the node\'s machine ID, which copies of one image share',
    `boot_id` Nullable(String) COMMENT 'Of the boot in which it was measured',
    `record_problems` Int64 COMMENT 'Lines of the record that are damaged'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row a run: the node, and whether it came to its end';

CREATE TABLE IF NOT EXISTS tare.agents
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `agent` String COMMENT 'Agent\'s id',
    `role` String COMMENT 'sensor, baseline or calibration',
    `status` String COMMENT 'measured or skipped',
    `agent_version` Nullable(String) COMMENT 'What the agent said of its version',
    `skipped_because` Nullable(String) COMMENT 'Why it was skipped',
    `observes` String COMMENT 'Families of events that it observes, with commas',
    `trials_measured` Int64 COMMENT 'Trials of it with a result',
    `answer` Nullable(String) COMMENT 'within, over or not-known; none: it is not asked',
    `why` Nullable(String) COMMENT 'What the answer rests on',
    `budget_used_share` Nullable(Float64) COMMENT 'The largest share of a budget that a cost takes, 1 is all of it'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row an agent of a run: its version, and the answer to whether it may be rolled out';

CREATE TABLE IF NOT EXISTS tare.estimates
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `agent` String COMMENT 'Agent\'s id',
    `agent_version` Nullable(String) COMMENT 'What the agent said of its version',
    `scenario` String COMMENT 'Workload',
    `operation` String COMMENT 'Operation of the workload',
    `load` String COMMENT 'closed, or open@rate',
    `placement` String COMMENT 'pinned or free',
    `metric` String COMMENT 'What was measured',
    `unit` String COMMENT 'Unit of every figure of this row but ratios',
    `absolute` Float64 COMMENT 'Cost above baseline, or the level itself',
    `absolute_low` Nullable(Float64) COMMENT 'Lower end of its interval',
    `absolute_high` Nullable(Float64) COMMENT 'Upper end of its interval',
    `ratio` Nullable(Float64) COMMENT 'Agent over baseline, 1 is no difference',
    `ratio_low` Nullable(Float64) COMMENT 'Lower end of its interval',
    `ratio_high` Nullable(Float64) COMMENT 'Upper end of its interval',
    `confidence` Float64 COMMENT 'Confidence of the intervals, 0 to 1',
    `blocks` Int64 COMMENT 'Blocks that the estimate rests on',
    `baseline` Nullable(Float64) COMMENT 'Median of the baseline',
    `hodges_lehmann` Float64 COMMENT 'Hodges-Lehmann estimate',
    `minimal_detectable` Nullable(Float64) COMMENT 'Smallest cost found with 80 % power',
    `standard_error` Nullable(Float64) COMMENT 'Standard error of the cost',
    `degrees` Nullable(Float64) COMMENT 'Degrees of freedom of its intervals',
    `bootstrap_low` Nullable(Float64) COMMENT 'Lower end of the bootstrap-t interval',
    `bootstrap_high` Nullable(Float64) COMMENT 'Upper end of the bootstrap-t interval',
    `absolute_upper_95` Nullable(Float64) COMMENT 'One-sided upper 95 % bound',
    `ratio_upper_95` Nullable(Float64) COMMENT 'One-sided upper 95 % bound of the ratio',
    `not_observed` Nullable(String) COMMENT 'What the agent does not see of this workload\'s events by design',
    `notes` String COMMENT 'What a reader must know first'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row an estimate: what an agent costs, with its intervals';

CREATE TABLE IF NOT EXISTS tare.ledger
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `agent` String COMMENT 'Agent\'s id',
    `scenario` String COMMENT 'Workload',
    `load` String COMMENT 'closed, or open@rate',
    `placement` String COMMENT 'pinned or free',
    `trials` Int64 COMMENT 'Trials that it is the sum of',
    `blocks` Int64 COMMENT 'Blocks that these are of',
    `operations` Int64 COMMENT 'Operations of the workload, of the kinds that the agent is asked for',
    `delivered` Int64 COMMENT 'Of these, those that the agent told of',
    `declared_lost_low` Nullable(Int64) COMMENT 'Lost by the agent\'s own counter, at least; none: it has no readable counter',
    `declared_lost_high` Nullable(Int64) COMMENT 'The same, at most',
    `silent_lost_low` Nullable(Int64) COMMENT 'Missing and in no counter, at least; none: it cannot be told',
    `silent_lost_high` Nullable(Int64) COMMENT 'The same, at most',
    `duplicates` Int64 COMMENT 'Further sightings of what was told already',
    `lost_share` Float64 COMMENT 'Share of the operations that is missing, 0 to 1',
    `lost_share_low` Float64 COMMENT 'Lower end of its 95 % interval',
    `lost_share_high` Float64 COMMENT 'Upper end of its 95 % interval',
    `lost_share_error` Nullable(Float64) COMMENT 'Its standard error over blocks',
    `balanced` Bool COMMENT 'Delivered and lost are all operations, and the output had come to rest',
    `notes` String COMMENT 'What a reader must know first'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row an agent under a load: what became of the events, over all trials that count';

CREATE TABLE IF NOT EXISTS tare.verdicts
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `agent` String COMMENT 'Agent\'s id',
    `scenario` String COMMENT 'Workload',
    `load` String COMMENT 'closed, or open@rate',
    `placement` String COMMENT 'pinned or free',
    `operation` String COMMENT 'Operation of the workload; *: of all',
    `metric` String COMMENT 'What is limited, or loss',
    `limit_kind` String COMMENT 'percent (above baseline; of a loss: of the operations), or absolute (in the metric\'s unit)',
    `limit_value` Float64 COMMENT 'The limit',
    `verdict` String COMMENT 'within, over, no-detectable-cost, inconclusive or invalid',
    `why` String COMMENT 'What it rests on',
    `blocks_needed` Nullable(Int64) COMMENT 'Blocks that would decide it; none: it is decided, or that cannot be told'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row a budget check: within, over or undecided, and why';

CREATE TABLE IF NOT EXISTS tare.techniques
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `agent` String COMMENT 'Agent\'s id',
    `technique` String COMMENT 'Technique\'s id (docs/coverage.md)',
    `operations` Int64 COMMENT 'Operations that were done',
    `told_right` Int64 COMMENT 'Of these, told of with the right process and object',
    `told_otherwise` Int64 COMMENT 'Told of with a wrong or a relative one of either',
    `told` String COMMENT 'right, otherwise, sometimes or not, over all operations',
    `claimed` String COMMENT 'What the agent\'s data sheet claims',
    `claim_holds` Nullable(Bool) COMMENT 'Whether the claim is right; none: it claims nothing certain',
    `example` Nullable(String) COMMENT 'The first report that was otherwise'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row a technique that was tried under an agent: whether it was told of';

CREATE TABLE IF NOT EXISTS tare.events
(
    `table_name` String COMMENT 'Name of the table',
    `row_id` String COMMENT 'The same whenever the same fact of the same run is sent: of rows with one id, one counts',
    `schema_version` Int64 COMMENT 'Version of the columns',
    `record_lines` Int64 COMMENT 'Lines of the record that count: of rows with one id, that with the most is the latest',
    `run_key` String COMMENT 'Names the run over all tables, also where two runs have one name',
    `run` String COMMENT 'Id of the run',
    `started_at` DateTime64(3, 'UTC') COMMENT 'When the run began, UTC',
    `method` String COMMENT 'Version of the method: never mix two',
    `tool` String COMMENT 'Version of tare',
    `hostname` String COMMENT 'Node that was measured',
    `arch` String COMMENT 'Its architecture',
    `kernel` String COMMENT 'Its kernel',
    `cpu_model` String COMMENT 'Its CPU',
    `emulated` Bool COMMENT 'True: the figures are functional only',
    `event` String COMMENT 'run-began, turn, trial, overflow, load, probe, watch, coverage, technique, run-resumed, run-ended',
    `happened_at` DateTime64(3, 'UTC') COMMENT 'When it began, UTC; a turn: when it ended; a probe, a technique: when their agent was started',
    `counts` Bool COMMENT 'False: a resumed run did it again, or it was given up because of noise; in no figure then',
    `outcome` Nullable(String) COMMENT 'started, measured, counted, tried, skipped, failed',
    `why` Nullable(String) COMMENT 'Why it was skipped, failed or given up, or why the run ended',
    `agent` Nullable(String) COMMENT 'Agent\'s id',
    `baseline` Nullable(Int64) COMMENT '1 or 2: which of the two baselines of the block',
    `scenario` Nullable(String) COMMENT 'Workload',
    `load` Nullable(String) COMMENT 'closed, or open@rate',
    `placement` Nullable(String) COMMENT 'pinned or free',
    `beside` Nullable(String) COMMENT 'What ran beside a service',
    `scale` Nullable(String) COMMENT 'How large the node was made',
    `technique` Nullable(String) COMMENT 'Technique\'s id',
    `block` Nullable(Int64) COMMENT 'Number of the block, from 0',
    `turn` Nullable(Int64) COMMENT 'Number of the turn in its block, from 0',
    `trial` Nullable(String) COMMENT 'Id of the trial, part of each of its tokens',
    `attempt` Nullable(Int64) COMMENT '1, or 2 and 3 where it was done again',
    `operations` Nullable(Int64) COMMENT 'Operations of the workload; none: they were not counted',
    `delivered` Nullable(Int64) COMMENT 'Of these, those that the agent told of',
    `missing` Nullable(Int64) COMMENT 'Of these, those that it did not tell of',
    `declared_lost_low` Nullable(Int64) COMMENT 'Lost by the agent\'s own counter, at least; none: it has no readable counter',
    `declared_lost_high` Nullable(Int64) COMMENT 'The same, at most',
    `silent_lost_low` Nullable(Int64) COMMENT 'Missing and in no counter, at least; none: it cannot be told',
    `silent_lost_high` Nullable(Int64) COMMENT 'The same, at most',
    `duplicates` Nullable(Int64) COMMENT 'Further sightings of what was told already',
    `not_counted` Nullable(String) COMMENT 'Why events were not counted: no-events, by-design, not-counted or cut',
    `drained` Nullable(Bool) COMMENT 'False: events still came in when tare stopped waiting',
    `drain_ms` Nullable(Float64) COMMENT 'How long after the window events still came in',
    `window_ns` Nullable(Float64) COMMENT 'Length of the window',
    `node_busy_ns` Nullable(Float64) COMMENT 'CPU time of the node in the window',
    `agent_ns` Nullable(Float64) COMMENT 'CPU time of the agent in the window',
    `agent_drain_ns` Nullable(Float64) COMMENT 'CPU time of the agent after the window, until it was at rest',
    `pss_bytes` Nullable(Float64) COMMENT 'Memory of the agent\'s processes',
    `bpf_map_bytes` Nullable(Float64) COMMENT 'Memory of its BPF maps',
    `output_bytes` Nullable(Float64) COMMENT 'What it wrote of events',
    `steal_percent` Nullable(Float64) COMMENT 'CPU time that the hypervisor took',
    `ready_ms` Nullable(Float64) COMMENT 'From its start until it had shown a first event',
    `stop_ms` Nullable(Float64) COMMENT 'How long its stop took'
)
ENGINE = ReplacingMergeTree(record_lines)
PARTITION BY toYYYYMM(started_at)
ORDER BY (run_key, row_id)
COMMENT 'one row a thing that happened: a start, a trial with its ledger, a technique, a resumption, the end';
