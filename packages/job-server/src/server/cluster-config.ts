/** What all processes of a cluster must agree on: its timing and its shards. */
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import type { ShardingConfig } from "@effect/cluster/ShardingConfig"
import * as Option from "effect/Option"

/** A lost runner is noticed within seconds; the defaults allow half a minute. A process without a port runs no jobs. */
export const shardingConfig = (port: number | undefined): Partial<ShardingConfig["Type"]> => ({
  runnerAddress: Option.map(Option.fromNullable(port), (own) => RunnerAddress.make({ host: "127.0.0.1", port: own })),
  shardsPerGroup: 48,
  runnerHealthCheckInterval: "2 seconds",
  shardLockExpiration: "9 seconds",
  shardLockRefreshInterval: "3 seconds",
  refreshAssignmentsInterval: "1 second",
  entityTerminationTimeout: "2 seconds",
  entityMessagePollInterval: "1 second"
})
