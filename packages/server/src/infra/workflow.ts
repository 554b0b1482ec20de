/**
 * Metrics of `@effect/workflow` without a change to a workflow: `WorkflowMetrics.layer()` decorates the `WorkflowEngine`
 * that it is given, and goes between the engine and the workflows' layers:
 *
 *     Layer.provide(MyWorkflowLive, Layer.provideMerge(WorkflowMetrics.layer(), ClusterWorkflowEngine.layer))
 */
import { layer } from "./workflow/engine.ts"

/** The decorator of `WorkflowEngine`. */
export const WorkflowMetrics = { layer } as const
