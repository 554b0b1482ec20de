/** The page that is scraped: text made piece by piece, so that neither the event loop nor memory feels its length. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Collector } from "../collect/registries.ts"
import type { Drop } from "../collect/points/drop.ts"
import { pause, sliceMs } from "../collect/pause.ts"
import { appended } from "./text/appended.ts"
import { contentTypes, formatFor } from "./text/negotiate.ts"
import { makeRenderer } from "./text/render.ts"

/** A page in the format that a scraper asked for. */
export interface Page {
  readonly contentType: string
  readonly body: Stream.Stream<string>
}

/** Makes a page for each scrape, from the value of its `Accept` header. */
export type PageFor = (accept: string | undefined) => Page

/** What a page shows. */
export interface PageSource {
  readonly collector: Collector
  /** Told of what is left out. */
  readonly dropped: (drop: Drop) => void
  /** Text of others in the Prometheus text format, which the whole page has then. */
  readonly append?: Effect.Effect<string> | undefined
}

/** Pages of what a collector reads. */
export const makePages =
  ({ append, collector, dropped }: PageSource): PageFor =>
  (accept) => {
    const format = append === undefined ? formatFor(accept) : "text"
    const body = Stream.unwrap(
      Effect.map(Clock.currentTimeNanos, (nowNanos) => {
        const steps = collector.collect(nowNanos)
        const renderer = makeRenderer(format, dropped)
        const piece = Effect.sync((): Option.Option<string> => {
          const until = performance.now() + sliceMs
          let text = ""
          for (let count = 1; text.length < pieceLength; count++) {
            const next = steps.next()
            if (next.done === true) {
              return text === "" ? Option.none() : Option.some(text)
            }
            text += next.value === undefined ? "" : renderer.point(next.value)
            if ((count % 64 === 0 || next.value === undefined) && performance.now() > until) {
              break
            }
          }
          return Option.some(text)
        })
        const pieces = Stream.repeatEffectOption(
          Effect.zipLeft(
            Effect.flatMap(piece, Option.match({ onNone: () => Effect.fail(Option.none()), onSome: Effect.succeed })),
            pause
          )
        )
        const others = Effect.map(append ?? Effect.succeed(""), (text) => appended(text, renderer.taken, dropped))
        return Stream.concat(
          Stream.filter(pieces, (text) => text !== ""),
          Stream.concat(Stream.fromEffect(others), Stream.fromChunk(Chunk.of(renderer.end)))
        )
      })
    )
    return { contentType: contentTypes[format], body }
  }

const pieceLength = 65_536
