/** Watching changes nothing: the same program with and without the combinators leaves the same trace. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

type Wrap = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>

const plain: Wrap = (effect) => effect

const wraps: Readonly<Record<string, Wrap>> = {
  trackJob: (effect) => MetricsService.trackJob({ jobType: "t", operation: "process", enqueuedAt: 0 })(effect),
  trackCluster: (effect) => MetricsService.trackCluster(effect, { operation: "send", entityType: "t" }),
  trackEffect: (effect) =>
    Effect.flatMap(MetricsService, ({ cluster }) =>
      MetricsService.trackEffect(effect, {
        duration: cluster.messageLatency,
        errors: cluster.errors,
        labels: MetricsService.label({ entity_type: "t" })
      })
    )
}

/** A program as data: small enough to shrink, rich enough to reach every way to end. */
type Program =
  | { readonly _tag: "succeed" | "fail" | "die" | "interrupt" | "yield" | "setRef" | "never" | "readRef" }
  | {
      readonly _tag: "uninterruptible" | "interruptible" | "exit" | "ensuring" | "fork" | "locally"
      readonly of: Program
    }
  | { readonly _tag: "both" | "sequence"; readonly left: Program; readonly right: Program }

const leaf = FastCheck.constantFrom(
  ...(["succeed", "fail", "die", "interrupt", "yield", "setRef", "never", "readRef"] as const)
)
const unary = FastCheck.constantFrom(
  ...(["uninterruptible", "interruptible", "exit", "ensuring", "fork", "locally"] as const)
)
const binary = FastCheck.constantFrom(...(["both", "sequence"] as const))

/**
 * Parts are lists, of which fast-check leaves out one after the other when a program fails: what was around a program,
 * and what stood beside it. A list of one part is that part.
 */
const anyProgram: FastCheck.Arbitrary<Program> = FastCheck.letrec<{ program: Program; core: Program }>((tie) => ({
  program: FastCheck.tuple(tie("core"), FastCheck.array(unary, { maxLength: 2 })).map(([core, around]) =>
    around.reduce((of: Program, _tag): Program => ({ _tag, of }), core)
  ),
  core: FastCheck.oneof(
    { maxDepth: 4, withCrossShrink: true },
    FastCheck.record({ _tag: leaf }),
    FastCheck.tuple(binary, FastCheck.array(tie("program"), { minLength: 1, maxLength: 2 })).map(([_tag, parts]) =>
      parts.reduceRight((right, left): Program => ({ _tag, left, right }))
    )
  )
})).program

const ref = FiberRef.unsafeMake(0)

/** Wraps every node of the program, so that watches nest, run in parallel, and are interrupted everywhere. */
const interpret = (
  program: Program,
  wrap: Wrap,
  trace: Array<string>
): Effect.Effect<unknown, string, MetricsService> => {
  const say = (line: string) => Effect.sync(() => void trace.push(line))
  const step = (node: Program): Effect.Effect<unknown, string, MetricsService> => {
    switch (node._tag) {
      case "succeed":
        return Effect.succeed(1)
      case "fail":
        return Effect.fail("failed")
      case "die":
        return Effect.die(new TypeError("died"))
      case "interrupt":
        return Effect.interrupt
      case "yield":
        return Effect.yieldNow()
      case "never":
        return Effect.onInterrupt(Effect.sleep("1 hour"), () => say("interrupted"))
      case "setRef":
        return Effect.zipRight(
          FiberRef.update(ref, (n) => n + 1),
          say("set")
        )
      case "readRef":
        return Effect.flatMap(FiberRef.get(ref), (n) => say(`ref ${n}`))
      case "uninterruptible":
        return Effect.uninterruptible(node_(node.of))
      case "interruptible":
        return Effect.interruptible(node_(node.of))
      case "exit":
        return Effect.exit(node_(node.of))
      case "ensuring":
        return Effect.ensuring(node_(node.of), say("finalized"))
      case "fork":
        return Effect.flatMap(Effect.fork(node_(node.of)), (fiber) => Effect.exit(Fiber.join(fiber)))
      case "locally":
        return Effect.locally(node_(node.of), ref, 100)
      case "both":
        return Effect.zip(node_(node.left), node_(node.right), { concurrent: true })
      case "sequence":
        return Effect.zipRight(node_(node.left), node_(node.right))
    }
  }
  const node_ = (node: Program): Effect.Effect<unknown, string, MetricsService> => wrap(step(node))
  return node_(program)
}

const shape = (exit: Exit.Exit<unknown, string>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      JSON.stringify({
        failures: [...Cause.failures(cause)],
        defects: [...Cause.defects(cause)].map(String),
        interrupted: Cause.isInterrupted(cause)
      })
  })

const run = (program: Program, wrap: Wrap, isInterrupted: boolean) =>
  Effect.gen(function* () {
    const trace: Array<string> = []
    const fiber = yield* interpret(program, wrap, trace).pipe(
      Effect.ensuring(Effect.flatMap(FiberRef.get(ref), (n) => Effect.sync(() => void trace.push(`at the end ${n}`)))),
      Effect.fork
    )
    if (isInterrupted) {
      yield* TestClock.adjust("30 minutes")
      yield* Fiber.interruptFork(fiber)
    }
    yield* TestClock.adjust("2 days")
    const exit = yield* Fiber.await(fiber)
    return { exit: shape(exit), trace }
  })

/** The program ends in the same way and leaves the same trace with and without the combinator. */
const expectUnchanged = (program: Program, wrap: Wrap, isInterrupted: boolean) =>
  Effect.gen(function* () {
    const bare = yield* run(program, plain, isInterrupted)
    const watched = yield* run(program, wrap, isInterrupted)
    expect(watched).toEqual(bare)
  })

const inFlight = Effect.map(MetricsService, ({ jobs }) =>
  Array.from(jobs.inFlight[InstrumentId].all(), (series) => series.state())
)

// fast-check shows the smallest program that it finds to fail.
const randomly = { fastCheck: { numRuns: 100 } }

describe.each(Object.entries(wraps))("%s changes nothing", (_, wrap) => {
  it.layer(Testing.layer())((it) => {
    it.effect.prop(
      "of the value, cause, fiber refs and finalizers of any program",
      [anyProgram],
      ([program]) => expectUnchanged(program, wrap, false),
      randomly
    )

    it.effect.prop(
      "of a program that is interrupted from outside, and nothing stays in flight",
      [anyProgram],
      ([program]) =>
        Effect.gen(function* () {
          yield* expectUnchanged(program, wrap, true)
          const states = yield* inFlight
          expect(states).toMatchObject(states.map(() => ({ value: 0 })))
        }),
      randomly
    )
  })

  it.effect("of the very cause, by identity", () =>
    Effect.gen(function* () {
      const cause = Cause.sequential(Cause.fail("a"), Cause.die(new TypeError("b")))
      const exit = yield* Effect.exit(wrap(Effect.failCause(cause)))
      expect(Exit.isFailure(exit) && exit.cause).toBe(cause)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("when the watching itself is broken: it is counted and swallowed", () =>
    Effect.gen(function* () {
      const { cluster, jobs, meter } = yield* MetricsService
      for (const handle of [jobs.inFlight, jobs.processingSeconds, cluster.messageLatency]) {
        Object.assign(handle[InstrumentId], {
          resolve: () => {
            throw new Error("broken")
          }
        })
      }
      const value = yield* wrap(Effect.succeed("value"))
      const error = yield* Effect.flip(wrap(Effect.fail("error")))
      expect([value, error]).toEqual(["value", "error"])
      const errors = [...meter.collect(0n)].find(({ row }) => row.name === "telemetry_watch_errors_total")
      expect([...(errors?.all() ?? [])].map((series) => series.state())).toMatchObject([{ count: 2 }])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("of metrics that are not ours", () =>
    Effect.gen(function* () {
      const external = Effect.map(Metric.snapshot, (pairs) => pairs.map(({ metricKey }) => metricKey.name).sort())
      const before = yield* external
      yield* wrap(Effect.void)
      expect(yield* external).toEqual(before)
    }).pipe(Effect.provide(Testing.layer()))
  )
})
