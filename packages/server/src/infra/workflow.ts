/**
 * Metrics of `@effect/workflow`. No workflow changes: `WorkflowMetrics.layer()` decorates the `WorkflowEngine`, and
 * goes between the engine and the layers of the workflows:
 *
 *     Layer.provide(MyWorkflowLive, Layer.provideMerge(WorkflowMetrics.layer(), ClusterWorkflowEngine.layer))
 */
import { layer } from "./workflow/engine.ts"

/** The decorator of `WorkflowEngine`. */
export const WorkflowMetrics = { layer } as const
