/**
 * Finds what in a refused request is refused, by sending parts of it. All other points arrive on the way. Nothing is
 * blamed unless the receiver takes something else meanwhile: one that refuses everything has another trouble.
 */
import * as Effect from "effect/Effect"
import type { Point } from "../collect/points/point.ts"

/** What became of points that were sent. `over`: nothing more can be sent now. */
export type Sent = "acknowledged" | "refused" | "over"

type Points = ReadonlyArray<Point>

/** What is refused: a whole metric, or some series. */
export interface Refused {
  readonly points: Points
  readonly isMetric: boolean
}

/** The most further requests of one export. What is not found within them is found by the next one. */
const mostFurther = 32

/** How many may be refused one after the other before it is given up: then it is not the content. */
const mostInVain = 12

/** After so many, single points show whether anything is taken: where much is refused, all large parts are. */
const suspiciousInVain = 6

/** What all searches of one export share. */
export interface SearchBudget {
  further: number
  inVain: number
  hasPassed: boolean
}

/** The budget of an export. */
export const makeSearchBudget = (): SearchBudget => ({ further: 0, inVain: 0, hasPassed: false })

/** What a search has found. */
export interface Found {
  readonly refused: ReadonlyArray<Refused>
  /** Everything else was acknowledged. */
  readonly isComplete: boolean
}

/** Looks into points that were refused together. */
export class RefusalSearch {
  private readonly candidates: Array<Refused> = []
  private isCut = false
  private isConfirming = false
  /** Much is refused: what is found first is looked into first, so that something is found at all. */
  private isDense = false

  private readonly budget: SearchBudget
  private readonly send: (points: Points) => Effect.Effect<Sent>

  constructor(budget: SearchBudget, send: (points: Points) => Effect.Effect<Sent>) {
    this.budget = budget
    this.send = send
  }

  /** What is refused for certain. */
  find(points: Points): Effect.Effect<Found> {
    return Effect.gen(this, function* () {
      yield* this.narrow(points, true)
      if (!this.budget.hasPassed) {
        return { refused: [], isComplete: false }
      }
      // A receiver that fails now and then has refused some by chance.
      this.isConfirming = true
      const again = yield* Effect.forEach(this.candidates, (one) =>
        one.isMetric ? Effect.succeed("refused" as const) : this.part(one.points)
      )
      return { refused: this.candidates.filter((_, index) => again[index] === "refused"), isComplete: !this.isCut }
    })
  }

  private narrow(points: Points, isNew: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (points.length <= 1) {
        this.candidates.push(...points.map((point) => ({ points: [point], isMetric: false })))
        return Effect.void
      }
      if (!this.isDense && !this.budget.hasPassed && this.budget.inVain >= suspiciousInVain) {
        return this.sample(points, isNew)
      }
      const suspects = points.filter(isSuspect)
      if (suspects.length > 0 && suspects.length < points.length) {
        return this.parts([points.filter((point) => !isSuspect(point)), suspects], true)
      }
      const isOneMetric = points[0]?.metric === points.at(-1)?.metric
      return isNew && isOneMetric && points.length > 8 ? this.metric(points) : this.parts(halves(points), !isOneMetric)
    })
  }

  private sample(points: Points, isNew: boolean): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      this.isDense = true
      const taken = new Set<Point>()
      for (const at of [0.5, 0.25, 0.75]) {
        const one = points.slice(Math.floor(points.length * at)).slice(0, 1)
        if (taken.size === 0 && (yield* this.part(one)) === "acknowledged") {
          one.forEach((point) => taken.add(point))
        }
      }
      yield* this.narrow(
        points.filter((point) => !taken.has(point)),
        isNew
      )
    })
  }

  /** Where three series of a metric are refused, all are. */
  private metric(points: Points): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const middle = points.length >> 1
      const samples = [points.slice(0, 1), points.slice(middle, middle + 1), points.slice(-1)]
      const sent = yield* Effect.forEach(samples, (sample) => this.part(sample))
      if (sent.every((one) => one === "refused")) {
        this.candidates.push({ points, isMetric: true })
        return
      }
      this.candidates.push(
        ...samples
          .filter((_, index) => sent[index] === "refused")
          .map((sample) => ({ points: sample, isMetric: false }))
      )
      yield* this.parts([points.slice(1, middle), points.slice(middle + 1, -1)], false)
    })
  }

  /** Unless much is refused, all parts are sent before one is looked into: what is well arrives first. */
  private parts(parts: ReadonlyArray<Points>, isNew: boolean): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const refused: Array<Points> = []
      for (const part of parts) {
        if ((yield* this.part(part)) !== "refused") {
          continue
        }
        if (this.isDense) {
          yield* this.narrow(part, isNew)
        } else {
          refused.push(part)
        }
      }
      for (const part of refused) {
        yield* this.narrow(part, isNew)
      }
    })
  }

  private part(points: Points): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const { budget } = this
      // What is suspected can still be confirmed: a search that ends without it would be the same one next time.
      const reserved = this.isConfirming ? 0 : this.candidates.filter(({ isMetric }) => !isMetric).length + 1
      const isSpent = budget.further + reserved >= mostFurther + 1 || budget.inVain >= mostInVain
      budget.further += isSpent ? 0 : 1
      const sent = isSpent ? "over" : yield* this.send(points)
      this.isCut ||= sent === "over"
      budget.hasPassed ||= sent === "acknowledged"
      budget.inVain = budget.hasPassed ? 0 : budget.inVain + 1
      return sent
    })
  }
}

/** Two parts, between two metrics where there are several. */
export const halves = (points: Points): ReadonlyArray<Points> => {
  const middle = points.length >> 1
  const metric = points[middle]?.metric
  const from = points.findIndex((point) => point.metric === metric)
  const to = points.findLastIndex((point) => point.metric === metric) + 1
  const bounds = [from, to].filter((at) => at > 0 && at < points.length)
  const nearest = bounds.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle))[0] ?? middle
  return [points.slice(0, nearest), points.slice(nearest)]
}

/** A name or a key without a letter or a digit has no form in Prometheus, and one of these takes a whole request with it. */
const isSuspect = ({ metric, series }: Point): boolean =>
  [metric.name, ...Object.keys(series.attributes)].some((word) => !/[a-z0-9]/i.test(word))
