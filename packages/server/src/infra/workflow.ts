/**
 * Metrics of `@effect/workflow`. No workflow changes: `WorkflowMetrics.layer()` decorates the `WorkflowEngine`, and
 * goes between the engine and the layers of the workflows:
 *
 *     Layer.provide(MyWorkflowLive, Layer.provideMerge(WorkflowMetrics.layer(), ClusterWorkflowEngine.layer))
 *
 * [Metrics of a cluster](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/cluster.md#add-it)
 *
 * @module
 */
import { layer } from "./workflow/engine.ts"

/** The decorator of `WorkflowEngine`. */
export const WorkflowMetrics = { layer } as const
