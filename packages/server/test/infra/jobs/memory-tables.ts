/**
 * The tables of jobs in memory: what `Operations` promises, in plain JavaScript, by the clock of the test. It is what a
 * runner is tested with apart from SQL, and what SQL can be compared with.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Priority } from "../../../src/infra/jobs/definition/priority.ts"
import type {
  AcceptedJob,
  CallOptions,
  CancelledJob,
  Claimed,
  ClaimRequest,
  Depth,
  End,
  Fence,
  HeldJob,
  JobEnding,
  JobFailure,
  JobStatus,
  NewJob,
  Oldest,
  Operations,
  PageRequest,
  PurgeRequest,
  ReplayedJob,
  TakenOver,
  TypeClaim,
  Uncounted,
  Written
} from "../../../src/infra/jobs/store/operations.ts"
import { lostReason } from "../../../src/infra/jobs/store/dialect.ts"
import type { ClusterLimits } from "../../../src/infra/jobs/definition/limits.ts"
import type { JobState } from "../../../src/infra/jobs/store/state.ts"

/** A row. */
export interface Row extends Omit<NewJob, "delayMs" | "at"> {
  state: "waiting" | "held" | "completed" | "cancelled" | "dead"
  dueAt: number
  readonly acceptedAt: number
  isRetry: boolean
  startedAt: number | undefined
  finishedAt: number | undefined
  attempt: number
  run: number
  redeliver: boolean
  redeliveries: number
  replays: number
  retries: number
  /** What it was before it was marked as started last. */
  before: Pick<Row, "attempt" | "redeliver" | "redeliveries" | "retries"> | undefined
  deaths: number
  losses: number
  isSuspect: boolean
  isAlone: boolean
  heldBy: string | undefined
  result: string | undefined
  reason: string | undefined
  progress: JobStatus["progress"]
  lastTraceparent: string | undefined
  replayTraceparent: string | undefined
  /** Another session has it locked. */
  isLocked: boolean
}

interface Failure extends JobFailure {
  readonly id: string
  readonly run: number
  readonly encoded: string | undefined
}

/** What is in the tables. */
export class Memory {
  readonly rows = new Map<string, Row>()
  readonly failures: Array<Failure> = []
  /** Heartbeats, by life. */
  readonly runners = new Map<string, number>()
  /** By life. */
  readonly slots = new Map<string, number | undefined>()
  readonly paused = new Set<string>()
  readonly unique = new Map<string, { readonly id: string; readonly until: number }>()
  readonly tokens = new Map<string, { tokens: number; at: number }>()
  uncounted: Array<Uncounted> = []
  /** Hints that were sent. */
  readonly hints: Array<string> = []

  get all(): ReadonlyArray<Row> {
    return Array.from(this.rows.values())
  }

  /** What they say, in the terms of the law. */
  get totals() {
    const { all } = this
    const sum = (of: (row: Row) => number): number => all.reduce((total, row) => total + of(row), 0)
    const inState = (...states: ReadonlyArray<Row["state"]>): number =>
      sum(({ state }) => Number(states.includes(state)))
    return {
      enqueued: all.length,
      replays: sum(({ replays }) => replays),
      retries: sum(({ retries }) => retries),
      redelivered: sum(({ redeliveries }) => redeliveries),
      completions: inState("completed"),
      cancellations: inState("cancelled"),
      deadLettered: inState("dead") + sum(({ replays }) => replays),
      failures: this.failures.length,
      held: inState("waiting", "held")
    }
  }
}

const headStart: Readonly<Record<Priority, number>> = { critical: 0, high: 10_000, normal: 60_000, low: 300_000 }
const rank = ({ dueAt, priority }: Row): number => dueAt + headStart[priority]
const byRank = (one: Row, other: Row): number => rank(one) - rank(other) || (one.id < other.id ? -1 : 1)

/** The tables over a memory. */
export const memoryTables = (memory: Memory): Operations => {
  const at = <A>(act: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, act)
  return {
    groupSize: 500,
    hintChannel: undefined,
    ownHint: undefined,
    insert: (jobs, options) => at((now) => jobs.map((job) => insert(memory, { job, now, options }))),
    isKnown: (id) => Effect.sync(() => memory.rows.has(id)),
    cancel: (id, options) => at((now) => cancel(memory, { id, now, options })),
    replay: (id, options) => at((now) => replay(memory, { id, now, options })),
    purge: (request) => at((now) => purge(memory, request, now)),
    finishedTypes: (state) =>
      Effect.sync(() => Array.from(new Set(memory.all.filter((row) => row.state === state).map(({ type }) => type)))),
    purgeKeys: at((now) => {
      const over = Array.from(memory.unique).filter(([, { until }]) => until <= now)
      over.forEach(([key]) => memory.unique.delete(key))
      return over.length
    }),
    setPaused: (type, isPaused) =>
      Effect.sync(() => void (isPaused ? memory.paused.add(type) : memory.paused.delete(type))),
    paused: Effect.sync(() => Array.from(memory.paused)),
    begin: ({ id, slots }) =>
      at((now) => {
        memory.runners.set(id, now)
        memory.slots.set(id, slots)
      }),
    beat: ({ id, leaseMs, slots }) =>
      at((now) => {
        const lives = isLive(memory, { runnerId: id, leaseMs, now })
        if (lives) {
          memory.runners.set(id, now)
          memory.slots.set(id, slots)
        }
        return lives
      }),
    finish: (id) => Effect.sync(() => void memory.runners.delete(id)),
    claim: (request) => at((now) => claim(memory, request, now)),
    nextDue: (types) => at((now) => nextDue(memory, types, now)),
    claimLimited: (request, limits) => at((now) => claimLimited(memory, { request, limits, now })),
    claimSuspect: (request) => at((now) => claimSuspect(memory, request, now)),
    start: (runnerId, fences, isAlone) =>
      at((now) => fences.filter((fence) => start(memory, { runnerId, fence, isAlone, now })).map(({ id }) => id)),
    acquit: (runnerId, fence) =>
      Effect.sync(() => {
        const row = heldRow(memory, runnerId, fence)
        if (row !== undefined) {
          row.isAlone = false
          row.isSuspect = false
        }
      }),
    end: (runnerId, ends) => at((now) => ends.map((end) => writeEnd(memory, { runnerId, end, now }))),
    progress: (runnerId, fence, ...[ratio, note]) =>
      Effect.sync(() => {
        const row = heldRow(memory, runnerId, fence)
        if (row !== undefined) {
          row.progress = { ratio, note }
        }
        return row !== undefined
      }),
    held: (runnerId) =>
      Effect.sync(() =>
        memory.all
          .filter(({ heldBy, state }) => state === "held" && heldBy === runnerId)
          .map(({ attempt, id, priority, redeliver: isRedelivered, run, startedAt, type }) => {
            return { id, run, type, priority, isStarted: startedAt !== undefined, attempt, isRedelivered }
          })
      ),
    takeOver: (leaseMs, maxLosses) => at((now) => takeOver(memory, { leaseMs, maxLosses, now })),
    changed: () => Effect.succeedNone,
    takeUncounted: () => Effect.sync(() => memory.uncounted.splice(0, 1000)),
    status: (id) =>
      at((now) => Option.map(Option.fromNullable(memory.rows.get(id)), (row) => status(memory, row, now))),
    ending: (id) =>
      at((now) => Option.map(Option.fromNullable(memory.rows.get(id)), (row) => ending(memory, row, now))),
    traceparentByKey: (type, key) =>
      Effect.sync(() => memory.rows.get(memory.unique.get(`${type} ${key}`)?.id ?? "")?.traceparent),
    payload: (id) => Effect.sync(() => Option.map(Option.fromNullable(memory.rows.get(id)), ({ payload }) => payload)),
    page: (request) => at((now) => page(memory, request, now)),
    depth: at((now) => depths(memory, now, true)),
    dead: at((now) => depths(memory, now, false)),
    oldestWaiting: at((now) =>
      oldest(memory, now, ({ dueAt, state }) => (state === "waiting" && dueAt <= now ? dueAt : undefined))
    ),
    oldestDead: at((now) =>
      oldest(memory, now, ({ finishedAt, state }) => (state === "dead" ? finishedAt : undefined))
    ),
    countFinished: (request) => at((now) => memory.all.filter((row) => isToPurge(row, request, now)).length),
    lives: at((now) =>
      Array.from(memory.runners, ([id, beatAt]) => {
        const running = memory.all.filter(({ heldBy, state }) => state === "held" && heldBy === id).length
        const slots = memory.slots.get(id)
        return { id, name: id, running, heartbeatAgeMs: now - beatAt, ...(slots === undefined ? {} : { slots }) }
      })
    ),
    now: at((now) => now),
    waitingTypes: Effect.sync(() => Array.from(new Set(memory.all.filter(isAlive).map(({ type }) => type))))
  }
}

const isAlive = ({ state }: Row): boolean => state === "waiting" || state === "held"

const isLive = (
  { runners }: Memory,
  { leaseMs, now, runnerId }: { readonly runnerId: string; readonly leaseMs: number; readonly now: number }
): boolean => (runners.get(runnerId) ?? Number.NEGATIVE_INFINITY) > now - leaseMs

const heldRow = ({ rows }: Memory, runnerId: string, { id, run }: Fence): Row | undefined => {
  const row = rows.get(id)
  return row?.state === "held" && row.heldBy === runnerId && row.run === run ? row : undefined
}

const insert = (
  memory: Memory,
  { job, now, options }: { readonly job: NewJob; readonly now: number; readonly options: CallOptions }
): AcceptedJob => {
  const { at, delayMs, ...kept } = job
  const key = job.unique === undefined ? undefined : `${job.type} ${job.unique.key}`
  const before = key === undefined ? undefined : memory.unique.get(key)
  const live = memory.all.find(
    (row) => isAlive(row) && row.type === job.type && row.dedupeKey !== undefined && row.dedupeKey === job.dedupeKey
  )
  const duplicateOf = memory.rows.has(job.id)
    ? undefined
    : before !== undefined && before.until > now
      ? before.id
      : live?.id
  const count = (operation: Uncounted["operation"]): void => {
    if (options.isInTransaction) {
      memory.uncounted.push({ operation, type: job.type, priority: job.priority, attempts: 0, ageMs: 0, times: 1 })
    }
  }
  if (duplicateOf !== undefined) {
    count("duplicate")
    return { id: duplicateOf, isDuplicate: true }
  }
  if (!memory.rows.has(job.id)) {
    memory.rows.set(job.id, {
      ...kept,
      state: "waiting",
      dueAt: delayMs === undefined ? Math.max(now, at ?? now) : now + delayMs,
      acceptedAt: now,
      ...unbegun,
      isRetry: false,
      finishedAt: undefined,
      run: 0,
      redeliveries: 0,
      replays: 0,
      retries: 0,
      before: undefined,
      result: undefined,
      reason: undefined,
      lastTraceparent: undefined,
      replayTraceparent: undefined,
      isLocked: false
    })
    if (key !== undefined && job.unique !== undefined) {
      memory.unique.set(key, { id: job.id, until: now + job.unique.forMs })
    }
    count("submit")
    if (options.hint) {
      memory.hints.push("1")
    }
  }
  return { id: job.id, isDuplicate: false }
}

/** What a replay puts back too. */
const unbegun = {
  startedAt: undefined,
  attempt: 0,
  redeliver: false,
  deaths: 0,
  losses: 0,
  isSuspect: false,
  isAlone: false,
  heldBy: undefined,
  progress: undefined
}

interface Call {
  readonly id: string
  readonly now: number
  readonly options: CallOptions
}

const cancel = (memory: Memory, { id, now, options }: Call): Option.Option<CancelledJob> => {
  const row = memory.rows.get(id)
  if (row === undefined || !isAlive(row)) {
    return Option.none()
  }
  const { attempt: attempts, heldBy, priority, type } = row
  Object.assign(row, { state: "cancelled", finishedAt: now, heldBy: undefined })
  if (options.isInTransaction) {
    memory.uncounted.push({ operation: "cancel", type, priority, attempts, ageMs: 0, times: 1 })
  }
  if (options.hint && heldBy !== undefined) {
    memory.hints.push(`c ${id}`)
  }
  return Option.some({ id, type, priority, attempts, heldBy })
}

const replay = (memory: Memory, { id, now, options }: Call): Option.Option<ReplayedJob> => {
  const row = memory.rows.get(id)
  const isTaken = memory.all.some(
    (other) =>
      isAlive(other) && other.type === row?.type && other.dedupeKey !== undefined && other.dedupeKey === row.dedupeKey
  )
  if (row?.state !== "dead" || isTaken) {
    return Option.none()
  }
  Object.assign(row, unbegun, {
    state: "waiting",
    dueAt: now,
    replays: row.replays + 1,
    replayTraceparent: options.traceparent ?? row.replayTraceparent,
    finishedAt: undefined,
    reason: undefined
  })
  const { priority, type } = row
  if (options.isInTransaction) {
    memory.uncounted.push({ operation: "replay", type, priority, attempts: 0, ageMs: 0, times: 1 })
  }
  if (options.hint) {
    memory.hints.push("1")
  }
  return Option.some({ id, type, priority })
}

const isToPurge = (row: Row, { before, ids, olderThanMs, state, type }: PurgeRequest, now: number): boolean =>
  row.state === state &&
  (type === undefined || row.type === type) &&
  (ids === undefined || ids.includes(row.id)) &&
  (row.finishedAt ?? 0) < Math.min(before ?? Infinity, olderThanMs === undefined ? Infinity : now - olderThanMs)

const purge = (memory: Memory, request: PurgeRequest, now: number): number => {
  const gone = memory.all.filter((row) => isToPurge(row, request, now)).slice(0, 1000)
  for (const { id } of gone) {
    memory.rows.delete(id)
  }
  const left = memory.failures.filter(({ id }) => memory.rows.has(id))
  memory.failures.splice(0, memory.failures.length, ...left)
  return gone.length
}

const isReady = (row: Row, now: number): boolean => row.state === "waiting" && row.dueAt <= now && !row.isLocked

const isOwned = ({ partition }: Row, { owned, partitions }: Pick<ClaimRequest, "owned" | "partitions">): boolean =>
  owned === undefined || owned.includes(partition % partitions)

const claim = (memory: Memory, request: ClaimRequest, now: number): Claimed => {
  const { leaseMs, runnerId, types } = request
  if (!isLive(memory, { runnerId, leaseMs, now })) {
    return { jobs: [], againMs: undefined }
  }
  const open = types.filter(({ type }) => !memory.paused.has(type))
  const mine = memory.all.filter((row) => isOwned(row, request) && !row.isSuspect)
  const candidates = open.flatMap(({ most, type }) =>
    mine
      .filter((row) => row.type === type && isReady(row, now))
      .sort(byRank)
      .slice(0, most)
  )
  const picked = candidates.sort(byRank).slice(0, request.most)
  const jobs = picked.map((row) => hold(row, { runnerId, now, isStarted: true }))
  return { jobs, againMs: undefined }
}

const nextDue = (memory: Memory, types: ReadonlyArray<string>, now: number): number | undefined => {
  const due = memory.all.filter(
    ({ dueAt, isSuspect, state, type }) => state === "waiting" && dueAt > now && !isSuspect && types.includes(type)
  )
  return due.length === 0 ? undefined : Math.min(...due.map(({ dueAt }) => dueAt)) - now
}

interface Limited {
  readonly request: ClaimRequest
  readonly limits: ClusterLimits
  readonly now: number
}

const claimLimited = (memory: Memory, { limits, now, request }: Limited): Claimed => {
  const [wanted] = request.types
  if (wanted === undefined) {
    return { jobs: [], againMs: undefined }
  }
  const held = memory.all.filter((row) => row.state === "held" && row.type === wanted.type && row.isLimited)
  const bucket = memory.tokens.get(wanted.type) ?? { tokens: limits.rate?.limit ?? Infinity, at: now }
  if (limits.rate !== undefined) {
    const { limit, perMs } = limits.rate
    bucket.tokens = Math.min(limit, bucket.tokens + ((now - bucket.at) * limit) / perMs)
    bucket.at = now
  }
  memory.tokens.set(wanted.type, bucket)
  const room = Math.min(wanted.most, (limits.concurrency ?? Infinity) - held.length, Math.floor(bucket.tokens))
  const types: ReadonlyArray<TypeClaim> = [{ ...wanted, most: Math.max(0, room) }]
  const claimed = claim(memory, { ...request, types }, now)
  bucket.tokens -= claimed.jobs.length
  return claimed
}

const claimSuspect = (memory: Memory, request: Omit<ClaimRequest, "most">, now: number): Option.Option<HeldJob> => {
  const { leaseMs, runnerId, types } = request
  const [first] = memory.all
    .filter((row) => row.isSuspect && isReady(row, now) && isOwned(row, request))
    .filter(({ type }) => !memory.paused.has(type) && types.some((each) => each.type === type))
    .sort((one, other) => one.deaths - other.deaths || byRank(one, other))
  return first === undefined || !isLive(memory, { runnerId, leaseMs, now })
    ? Option.none()
    : Option.some(hold(first, { runnerId, now, isStarted: false }))
}

const hold = (
  row: Row,
  { isStarted, now, runnerId }: { readonly runnerId: string; readonly now: number; readonly isStarted: boolean }
): HeldJob => {
  Object.assign(row, { state: "held", heldBy: runnerId, run: row.run + 1, startedAt: undefined })
  const held: HeldJob = {
    id: row.id,
    run: row.run,
    type: row.type,
    priority: row.priority,
    payload: row.payload,
    isStarted,
    attempt: row.redeliver ? row.attempt : row.attempt + 1,
    isRedelivered: row.redeliver,
    acceptedAt: row.acceptedAt,
    dueAt: row.dueAt,
    ageMs: now - row.acceptedAt,
    dueMs: now - row.dueAt,
    deaths: row.deaths,
    maxAttempts: row.maxAttempts,
    timeoutMs: row.timeoutMs,
    backoff: row.backoff,
    traceparent: row.traceparent,
    tracestate: row.tracestate,
    baggage: row.baggage,
    lastTraceparent: row.lastTraceparent,
    replayTraceparent: row.replayTraceparent
  }
  if (isStarted) {
    begin(row, now, false)
  }
  return held
}

const begin = (row: Row, now: number, isAlone: boolean): void => {
  const { attempt, redeliver, redeliveries, retries } = row
  Object.assign(row, {
    before: { attempt, redeliver, redeliveries, retries },
    startedAt: now,
    isAlone,
    attempt: row.redeliver ? row.attempt : row.attempt + 1,
    retries: row.retries + Number(!row.redeliver && row.attempt > 0),
    redeliveries: row.redeliveries + Number(row.redeliver),
    redeliver: false
  })
}

interface Start {
  readonly runnerId: string
  readonly fence: Fence
  readonly isAlone: boolean
  readonly now: number
}

const start = (memory: Memory, { fence, isAlone, now, runnerId }: Start): boolean => {
  const row = heldRow(memory, runnerId, fence)
  if (row === undefined || row.isLocked) {
    return false
  }
  if (row.startedAt === undefined) {
    begin(row, now, isAlone)
  }
  return true
}

interface EndOf {
  readonly runnerId: string
  readonly end: End
  readonly now: number
}

const writeEnd = (memory: Memory, { end, now, runnerId }: EndOf): Written => {
  const row = heldRow(memory, runnerId, end)
  if (row === undefined) {
    return "lost"
  }
  if (row.isLocked) {
    return "locked"
  }
  const { settlement } = end
  const wasStarted = row.startedAt !== undefined
  Object.assign(row, { heldBy: undefined, isAlone: false })
  if (settlement._tag !== "Completed" && settlement._tag !== "Returned") {
    row.lastTraceparent = end.traceparent ?? row.lastTraceparent
  }
  if (settlement._tag === "Retrying" || settlement._tag === "Dead") {
    const { encoded, message, reason } = settlement.failure
    memory.failures.push({ id: end.id, run: end.run, attempt: end.attempt, failedAt: now, reason, message, encoded })
  }
  switch (settlement._tag) {
    case "Completed":
      Object.assign(row, { state: "completed", finishedAt: now, result: settlement.result })
      break
    case "Retrying": {
      const dueAt = now + settlement.pauseMs
      Object.assign(row, {
        state: "waiting",
        dueAt,
        isRetry: true,
        deaths: 0,
        losses: 0,
        isSuspect: false,
        startedAt: undefined
      })
      break
    }
    case "Dead":
      Object.assign(row, { state: "dead", finishedAt: now, reason: settlement.failure.reason })
      break
    case "Released":
      Object.assign(row, { state: "waiting", redeliver: row.redeliver || wasStarted, startedAt: undefined })
      break
    case "Returned":
      Object.assign(row, { state: "waiting", startedAt: undefined, ...row.before })
  }
  return "written"
}

interface TakeOver {
  readonly leaseMs: number
  readonly maxLosses: number
  readonly now: number
}

const takeOver = (memory: Memory, { leaseMs, maxLosses, now }: TakeOver): TakenOver => {
  const gone = memory.all
    .filter(({ heldBy = "", state }) => state === "held" && !isLive(memory, { runnerId: heldBy, leaseMs, now }))
    .filter(({ isLocked }) => !isLocked)
    .slice(0, 500)
  let dead = 0
  let suspects = 0
  for (const row of gone) {
    const { acceptedAt, attempt: attempts, priority, run, startedAt, type } = row
    row.heldBy = undefined
    row.state = "waiting"
    if (startedAt === undefined) {
      continue
    }
    row.startedAt = undefined
    Object.assign(row, {
      isSuspect: true,
      redeliver: true,
      deaths: row.deaths + 1,
      losses: row.losses + Number(row.isAlone)
    })
    row.isAlone = false
    suspects += 1
    if (row.losses >= maxLosses) {
      suspects -= 1
      const { message, reason } = lostReason
      Object.assign(row, { state: "dead", finishedAt: now, reason })
      memory.failures.push({ id: row.id, run, attempt: attempts, failedAt: now, reason, message, encoded: undefined })
      dead += 1
      const ageMs = now - acceptedAt
      memory.uncounted.push({ operation: "lose", type, priority, attempts, ageMs, times: 1 })
    }
  }
  return { suspects, dead, untouched: gone.length - suspects - dead }
}

const stateOf = ({ dueAt, isRetry, startedAt, state }: Row, now: number): JobState => {
  if (state === "held") {
    return startedAt === undefined ? "ready" : "running"
  }
  return state === "waiting" ? (dueAt <= now ? "ready" : isRetry ? "retrying" : "scheduled") : state
}

const status = (memory: Memory, row: Row, now: number): JobStatus => ({
  id: row.id,
  jobType: row.type,
  state: stateOf(row, now),
  priority: row.priority,
  attempt: row.attempt,
  acceptedAt: row.acceptedAt,
  dueAt: row.dueAt,
  startedAt: row.startedAt,
  finishedAt: row.finishedAt,
  replays: row.replays,
  redeliveries: row.redeliveries,
  heldBy: row.heldBy,
  reason: row.reason,
  progress: row.progress,
  traceparent: row.traceparent,
  lastTraceparent: row.lastTraceparent,
  errors: memory.failures
    .filter(({ id }) => id === row.id)
    .map(({ attempt, failedAt, message, reason }) => ({ attempt, failedAt, message, reason }))
})

const ending = (memory: Memory, row: Row, now: number): JobEnding => {
  const last = memory.failures.findLast(({ id }) => id === row.id)
  const { attempt, reason, result, type: jobType } = row
  return { jobType, state: stateOf(row, now), attempt, result, reason, message: last?.message, error: last?.encoded }
}

const page = (
  memory: Memory,
  { after, limit, order, state, type }: PageRequest,
  now: number
): ReadonlyArray<JobStatus> => {
  const sign = order === "newest" ? -1 : 1
  const placeOf = ({ dueAt, finishedAt }: JobStatus): number => finishedAt ?? dueAt
  return memory.all
    .map((row) => status(memory, row, now))
    .filter((job) => job.state === state && (type === undefined || job.jobType === type))
    .filter((job) => {
      const ahead = after === undefined ? 1 : sign * (placeOf(job) - after.at)
      return ahead > 0 || (ahead === 0 && job.id !== after?.id && job.id > (after?.id ?? "") === sign > 0)
    })
    .sort((one, other) => sign * (placeOf(one) - placeOf(other) || (one.id < other.id ? -1 : 1)))
    .slice(0, limit)
}

const depths = (memory: Memory, now: number, alive: boolean): ReadonlyArray<Depth> => {
  const counts = new Map<string, Depth>()
  for (const row of memory.all.filter((each) => (alive ? isAlive(each) : each.state === "dead"))) {
    const state = stateOf(row, now)
    const key = `${row.type} ${state}`
    counts.set(key, { jobType: row.type, state, jobs: (counts.get(key)?.jobs ?? 0) + 1 })
  }
  return Array.from(counts.values())
}

const oldest = ({ all }: Memory, now: number, since: (row: Row) => number | undefined): ReadonlyArray<Oldest> => {
  const ages = new Map<string, number>()
  for (const row of all) {
    const from = since(row)
    if (from !== undefined) {
      ages.set(row.type, Math.max(ages.get(row.type) ?? 0, now - from))
    }
  }
  return Array.from(ages, ([jobType, ageMs]) => ({ jobType, ageMs }))
}
