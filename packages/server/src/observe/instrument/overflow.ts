/** The labels of the series that holds what is over the limit of its metric. */
import * as MetricLabel from "effect/MetricLabel"
import { identity } from "../catalogue/label.ts"
import type { Canonical } from "./label.ts"

/** The label of the overflow series, as the OpenTelemetry specification names it. */
export const overflowLabel = "otel.metric.overflow"

export const overflowLabels: Canonical = [MetricLabel.make(overflowLabel, "true")]

export const overflowIdentity = identity(overflowLabels)
