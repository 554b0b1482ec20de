/** Writes in groups. */
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { type GroupOptions, makeGroup } from "../../../../src/infra/jobs/submit/group.ts"

class Refused {
  readonly _tag = "Refused"
}

const options = (more: Partial<GroupOptions<number, string, Refused | "lost">> = {}) => ({
  write: (items: ReadonlyArray<number>) => Effect.succeed(items.map(String)),
  isRefused: (error: Refused | "lost") => error !== "lost",
  most: 100,
  sizeOf: () => 1,
  mostSize: 1000,
  ...more
})

/** Writes that are noted, and wait for a gate. */
const gated = Effect.gen(function* () {
  const writes: Array<ReadonlyArray<number>> = []
  const gate = yield* Effect.makeSemaphore(0)
  const write = (items: ReadonlyArray<number>) => {
    writes.push(items)
    return Effect.as(gate.take(1), items.map(String))
  }
  return { writes, open: gate.release(1), write }
})

/** A group, and how to hand in an item and wait: whoever is interrupted takes it back, or leaves it to its write. */
const waitingGroup = <E>(given: GroupOptions<number, string, E>) =>
  Effect.map(makeGroup(given), ({ add }) => ({
    add,
    put: (item: number) =>
      Effect.async<string, E>((resume) => {
        const takeBack = add(item, resume)
        return Effect.sync(takeBack)
      })
  }))

const turns = Effect.promise(async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
})

it.scoped("puts what comes while a write is under way into the next one", () =>
  Effect.gen(function* () {
    const { open, write, writes } = yield* gated
    const group = yield* waitingGroup(options({ write }))
    const first = yield* Effect.fork(group.put(1))
    yield* turns
    const rest = yield* Effect.fork(Effect.all([group.put(2), group.put(3), group.put(4)], { concurrency: 3 }))
    yield* turns
    expect(writes).toEqual([[1]])
    yield* open
    yield* turns
    expect(writes).toEqual([[1], [2, 3, 4]])
    yield* open
    expect([yield* Fiber.join(first), yield* Fiber.join(rest)]).toEqual(["1", ["2", "3", "4"]])
  })
)

it.scoped("groups the callers of one moment, and lets one who comes alone wait for no timer", () =>
  Effect.gen(function* () {
    const { open, write, writes } = yield* gated
    const group = yield* waitingGroup(options({ write }))
    yield* Effect.all([open, open])
    yield* Effect.all([group.put(1), group.put(2)], { concurrency: 2 })
    // The test's clock stands still: a timer would never go off.
    yield* group.put(3)
    expect(writes).toEqual([[1, 2], [3]])
  })
)

it.scoped("keeps to the most items and the most characters of a write", () =>
  Effect.gen(function* () {
    const writes: Array<ReadonlyArray<number>> = []
    const write = (items: ReadonlyArray<number>) => {
      writes.push(items)
      return Effect.succeed(items.map(String))
    }
    const group = yield* waitingGroup(options({ write, most: 3, sizeOf: (item) => item, mostSize: 10 }))
    const put = (...items: ReadonlyArray<number>) => Effect.forEach(items, group.put, { concurrency: "unbounded" })
    yield* put(1, 1, 1, 1, 4, 4, 4, 50, 1, 10)
    expect(writes).toEqual([[1, 1, 1], [1, 4, 4], [4], [50], [1], [10]])
  })
)

it.scoped("finds what is refused by halves, and writes all the rest", () =>
  Effect.gen(function* () {
    const writes: Array<ReadonlyArray<number>> = []
    const write = (items: ReadonlyArray<number>) => {
      writes.push(items)
      return items.includes(5) || items.includes(0) ? Effect.fail(new Refused()) : Effect.succeed(items.map(String))
    }
    const group = yield* waitingGroup(options({ write }))
    const exits = yield* Effect.forEach([0, 1, 2, 3, 4, 5, 6, 7], (item) => Effect.exit(group.put(item)), {
      concurrency: "unbounded"
    })
    expect(exits.map((exit) => (Exit.isSuccess(exit) ? exit.value : "refused"))).toEqual([
      "refused",
      "1",
      "2",
      "3",
      "4",
      "refused",
      "6",
      "7"
    ])
    expect(writes).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
      [0, 1],
      [0],
      [1],
      [2, 3],
      [4, 5, 6, 7],
      [4, 5],
      [4],
      [5],
      [6, 7]
    ])
  })
)

it.scoped("answers all of a write that failed, or died, and goes on with the next", () =>
  Effect.gen(function* () {
    let fails = true
    const group = yield* waitingGroup(
      options({
        write: (items) =>
          fails
            ? Effect.fail("lost" as const)
            : items.includes(3)
              ? Effect.die("odd")
              : Effect.succeed(items.map(String))
      })
    )
    const both = yield* Effect.all([Effect.flip(group.put(1)), Effect.flip(group.put(2))], { concurrency: 2 })
    expect(both).toEqual(["lost", "lost"])
    fails = false
    expect(yield* Effect.exit(group.put(3))).toEqual(Exit.die("odd"))
    expect(yield* group.put(4)).toBe("4")
  })
)

it.scoped("takes back what nobody waits for any more, unless its write is under way", () =>
  Effect.gen(function* () {
    const { open, write, writes } = yield* gated
    const group = yield* waitingGroup(options({ write }))
    const answers: Array<string> = []
    const underWay = group.add(1, (exit) => answers.push(Exit.isSuccess(exit) ? exit.value : "no"))
    yield* turns
    const waits = yield* Effect.fork(group.put(2))
    const stays = yield* Effect.fork(group.put(3))
    yield* turns
    yield* Fiber.interrupt(waits)
    expect(underWay()).toBe(false)
    yield* Effect.all([open, open])
    expect(yield* Fiber.join(stays)).toBe("3")
    expect([writes, answers]).toEqual([[[1], [3]], ["1"]])
  })
)

it.effect("writes what was handed in before it goes", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const done = yield* Deferred.make<ReadonlyArray<number>>()
    const group = yield* Scope.extend(
      waitingGroup(options({ write: (items) => Effect.as(Deferred.succeed(done, items), items.map(String)) })),
      scope
    )
    const fiber = yield* Effect.fork(group.put(1))
    yield* Effect.yieldNow()
    yield* Scope.close(scope, Exit.void)
    expect(yield* Fiber.join(fiber)).toBe("1")
    expect(yield* Deferred.await(done)).toEqual([1])
  })
)
