/** Expressions with names that the catalogue does not have do not compile. */
import { catalogue, runOutcomes } from "@parametric-portal/server/observe/catalogue"
import { counter, gauge, observations, oneOf } from "../../src/promql/select.ts"
import { failedOutcome, jobOperation } from "../../src/promql/values.ts"

const { cluster, jobs } = catalogue

// @ts-expect-error there is no such label
counter(jobs.failures, { queue: "a" })
// @ts-expect-error there is no such state
gauge(jobs.queueDepth, { state: "stuck" })
// @ts-expect-error there is no such operation, although no row closes the label
counter(jobs.enqueued, { operation: "retry" })
// @ts-expect-error an operation of jobs is none of the cluster
observations(cluster.messageLatency, { operation: jobOperation.submit })
// @ts-expect-error a run of a workflow may be suspended, an attempt at a job may not
observations(jobs.processingSeconds, { outcome: oneOf(...runOutcomes) })
// @ts-expect-error there is no such outcome
void failedOutcome.success
// @ts-expect-error there is no such metric
void jobs.finished
// @ts-expect-error a gauge is no counter
counter(jobs.queueDepth)
// @ts-expect-error only counters have a rate
void gauge(jobs.queueDepth).rate
// @ts-expect-error grouped by a label that is not there
counter(jobs.failures).rate("5m").sumBy("priority")
