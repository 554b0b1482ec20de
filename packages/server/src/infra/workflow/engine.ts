/**
 * The decorator of `WorkflowEngine`: times each run of a workflow, from its start or resumption to its end or
 * suspension, and each execution of an activity. An activity that replays its stored result is not counted.
 */
import type * as Activity from "@effect/workflow/Activity"
import * as Workflow from "@effect/workflow/Workflow"
import * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { runOutcomes } from "../../observe/catalogue.ts"
import { bind } from "../../observe/instrument/bind.ts"
import type { Moment } from "../../observe/instrument/moment.ts"
import { failedOutcome } from "../../observe/catalogue/outcome.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { ofExit } from "../../observe/track/outcome-of.ts"
import { Watch, type Watcher, watchWith } from "../../observe/track/watch.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"

type Engine = WorkflowEngine.WorkflowEngine["Type"]

type Instance = WorkflowEngine.WorkflowInstance["Type"]

/** How a run ended: `undefined` is success. */
type RunOutcome = (typeof runOutcomes)[number] | undefined

/** Decorates a `WorkflowEngine`, in a cluster or in memory. Provide the result to the layers of the workflows. */
export const layer = (): Layer.Layer<
  WorkflowEngine.WorkflowEngine,
  never,
  WorkflowEngine.WorkflowEngine | MetricsService
> =>
  Layer.effect(
    WorkflowEngine.WorkflowEngine,
    Effect.map(Effect.all([WorkflowEngine.WorkflowEngine, MetricsService]), ([engine, metrics]) =>
      decorateOnce("WorkflowEngine", engine, { meter: metrics.meter, decorate: (given) => decorate(given, metrics) })
    )
  )

const decorate = (engine: Engine, metrics: MetricsService): Engine => {
  const watched: Engine = {
    ...engine,
    register: (workflow, execute) => {
      bind(metrics.workflow.executions, { workflow: workflow.name })
      return engine.register(workflow, (payload, executionId) =>
        watchRun(
          metrics,
          workflow,
          withEngine(
            watched,
            Effect.suspend(() => execute(payload, executionId))
          )
        )
      )
    },
    activityExecute: (activity, attempt) => engine.activityExecute(watchActivity(metrics, activity), attempt)
  }
  return watched
}

// The engine in memory provides itself to what it runs: activities would not reach the decorated one.
const withEngine = <A, E, R>(engine: Engine, run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(run, (context: Context.Context<R>) =>
    Context.add(context, WorkflowEngine.WorkflowEngine, engine)
  )

// The engine's own `onExit` decides whether a run was suspended or interrupted, and it runs after ours. So the outcome
// is read when the fiber of the run has ended. The engine has one for each run.
const watchRun = <A, E, R>(
  { meter, workflow: handles }: MetricsService,
  workflow: Workflow.Any,
  run: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) => {
    const instance = Option.getOrUndefined(Context.getOption(fiber.currentContext, WorkflowEngine.WorkflowInstance))
    const record = (outcome: RunOutcome, seconds: number, at: Moment): void => {
      const labels = { workflow: workflow.name, outcome }
      bind(handles.executions, labels).record(1)
      bind(handles.duration, labels).record(seconds, at)
    }
    const watcher: Watcher = {
      site: "workflow",
      meter,
      ended: (outcome, seconds, start) => record(failedOutcome(outcome), seconds, start),
      notCounted: (seconds, start) => record("suspended", seconds, start)
    }
    const watch = new Watch(watcher, fiber)
    fiber.addObserver((exit) => {
      meter.guard(watcher.site, () =>
        isSuspended(exit, workflow, instance) ? watch.endUncounted() : watch.end(ofExit(exit))
      )
    })
    return run
  })

/** The run will be resumed. */
const isSuspended = (
  exit: Exit.Exit<unknown, unknown>,
  workflow: Workflow.Any,
  instance: Instance | undefined
): boolean => {
  if (exit._tag === "Success") {
    return false
  }
  return Cause.isInterruptedOnly(exit.cause)
    ? instance?.suspended === true && !instance.interrupted
    : // The engine makes the failure a suspension, after the fiber has ended.
      Context.get(workflow.annotations, Workflow.SuspendOnFailure)
}

const watchActivity = <A extends Activity.Any>(metrics: MetricsService, activity: A): A => ({
  ...activity,
  executeEncoded: watchExecution(metrics, activity.name, activity.executeEncoded)
})

const watchExecution = <A, E, R>(
  { meter, workflow: handles }: MetricsService,
  activity: string,
  execute: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>((fiber) => {
    const instance = Context.getOption(fiber.currentContext, WorkflowEngine.WorkflowInstance)
    const workflow = Option.match(instance, { onNone: () => undefined, onSome: ({ workflow }) => workflow.name })
    return watchWith(execute, {
      site: "workflow activity",
      meter,
      ended: (outcome, seconds, start) => {
        const labels = { workflow, activity, outcome: failedOutcome(outcome) }
        bind(handles.activityAttempts, labels).record(1)
        bind(handles.activityDuration, labels).record(seconds, start)
      }
    })
  })
