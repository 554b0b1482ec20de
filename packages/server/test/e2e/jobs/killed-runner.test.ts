/** Runners whose process ends without a word: by a job that takes it down each time it runs, and by a signal. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JobService } from "../../../src/infra/jobs.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { type Runners, runners, settled, type Store, stores } from "./processes.ts"
import { lines, Poison, Work } from "./work.ts"

const maxLosses = 3

/** Starts a runner as often as it ends, as whoever looks after processes does; says how often it had to. */
const keptAlive = (start: Runners["start"], store: Store) => {
  let crashes = 0
  const life = Effect.flatMap(start({ name: `life-${crashes}`, store, maxLosses }, { isSilent: true }), ({ ended }) =>
    Effect.tap(ended, () => Effect.sync(() => (crashes += 1)))
  )
  return Effect.as(
    Effect.forkScoped(Effect.forever(Effect.scoped(life))),
    Effect.sync(() => crashes)
  )
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** A job that takes its process down, beside eight that sleep. */
const poisoned = (store: Store, { record, start }: Runners) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const neighbours = numbers(8)
    const asleep = yield* Effect.forEach(neighbours, (n) => jobs.submit(Work, { n, ms: 2500 }))
    const poison = yield* jobs.submit(Poison, { n: -1, ms: 500 })
    const crashes = yield* keptAlive(start, store)
    const later = yield* Effect.forEach(neighbours, (n) =>
      jobs.submit(Work, { n: 100 + n, ms: 1 }, { delay: n * 1000 })
    )
    expect(yield* settled).toEqual({ completed: 2 * neighbours.length, dead: 1 })
    const { attempt, errors, state } = yield* jobs.status(poison)
    expect({ attempt, state }).toEqual({ attempt: 1, state: "dead" })
    expect(errors.map(({ reason }) => reason)).toEqual(["RunnerLost"])
    // Once beside the others, and then alone.
    const began = lines(record).filter(({ what }) => what === "began")
    const ofPoison = began.filter(({ n }) => n === -1)
    expect(ofPoison.length).toBe(yield* crashes)
    expect(ofPoison.length).toBeGreaterThan(maxLosses)
    expect(
      began
        .slice(0, 9)
        .map(({ n }) => n)
        .sort((left, right) => left - right)
    ).toEqual([-1, ...neighbours])
    const others = yield* Effect.forEach([...asleep, ...later], jobs.status)
    expect(others.map((other) => [other.state, other.attempt, other.errors.length])).toEqual(
      others.map(() => ["completed", 1, 0])
    )
  })

/** One of two runners is killed with all its places in use. */
const killed = (store: Store, { record, start }: Runners) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const victim = yield* start({ name: "victim", store })
    const neighbours = numbers(3)
    const ids = yield* Effect.forEach(neighbours, (n) => jobs.submit(Work, { n, ms: 60_000 }))
    yield* eventually(
      Effect.sync(() => lines(record)),
      (found) => found.length === neighbours.length
    )
    // What is not started is no concern of a runner that dies.
    const waiting = yield* Effect.forEach(neighbours, (n) => jobs.submit(Work, { n: 100 + n, ms: 1 }))
    yield* start({ name: "other", store })
    yield* victim.signal("SIGKILL")
    yield* eventually(Effect.forEach(ids, jobs.status), (all) => all.every(({ redeliveries }) => redeliveries === 1))
    yield* Effect.forEach(ids, (id) => jobs.cancel(id))
    expect(yield* settled).toEqual({ completed: neighbours.length, cancelled: neighbours.length })
    const before = yield* Effect.forEach(ids, jobs.status)
    expect(before.map(({ attempt, errors, redeliveries }) => [attempt, errors, redeliveries])).toEqual(
      ids.map(() => [1, [], 1])
    )
    const after = yield* Effect.forEach(waiting, jobs.status)
    expect(after.map(({ attempt, redeliveries }) => [attempt, redeliveries])).toEqual(ids.map(() => [1, 0]))
    const again = lines(record).filter(({ isRedelivered, what }) => isRedelivered && what === "began")
    expect(again.map(({ n, runner }) => [n, runner]).sort()).toEqual(neighbours.map((n) => [n, "other"]))
  })

for (const [name, make] of Object.entries(stores)) {
  it.scopedLive(`a job that kills its runner is dead by itself, and no neighbour loses an attempt: on ${name}`, () =>
    Effect.gen(function* () {
      const { client, store } = yield* make("poison")
      yield* Effect.provide(poisoned(store, yield* runners), client)
    }).pipe(Effect.provide(Postgres.layer))
  )

  it.scopedLive(`what a killed runner had begun is redelivered as the same attempt, nothing else is: on ${name}`, () =>
    Effect.gen(function* () {
      const { client, store } = yield* make("killed")
      yield* Effect.provide(killed(store, yield* runners), client)
    }).pipe(Effect.provide(Postgres.layer))
  )
}
