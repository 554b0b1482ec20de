/**
 * Standard error, where all messages go: lines, and on a terminal a progress bar below them. Standard output is left to
 * the result.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { oneLine } from "../command-line/printable.ts"

export interface Screen {
  readonly isTerminal: boolean
  readonly columns: number
  /** Writes a line above the bar: one line, whatever is in the text. */
  readonly line: (text: string) => void
  /** Redraws the bar on a terminal; without a text it is removed. */
  readonly bar: (text?: string) => void
}

export const makeScreen = (stream: NodeJS.WriteStream): Screen => {
  const isTerminal = stream.isTTY === true && process.env["TERM"] !== "dumb"
  let drawn = ""
  // A closed terminal or pipe, as in `npm run demo 2>&1 | head`, must not stop the work.
  stream.on("error", () => undefined)
  const clear = () => (drawn === "" ? "" : "\r\u001b[K")
  return {
    isTerminal,
    get columns() {
      return stream.columns ?? 100
    },
    line: (text) => stream.write(`${clear()}${oneLine(text)}\n${drawn}`),
    bar: (text = "") => {
      const next = oneLine(text)
      if (!isTerminal || next === drawn) {
        return
      }
      stream.write(clear() + next)
      drawn = next
    }
  }
}

/** Writes the log to the screen, from `Info` on. */
export const logTo = (screen: Screen): Layer.Layer<never> =>
  Layer.merge(
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, cause, date, logLevel, message }) => {
        // What is logged below that on purpose is for an exporter.
        if (LogLevel.lessThan(logLevel, LogLevel.Info)) {
          return
        }
        const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
        const fields = HashMap.toEntries(annotations).map(
          ([name, value]) => ` ${name}=${Inspectable.toStringUnknown(value, 0)}`
        )
        const why = Cause.isEmpty(cause) ? "" : `: ${Cause.pretty(cause).split("\n")[0]}`
        screen.line(
          `${date.toISOString().slice(11, 19)} ${logLevel.label.toLowerCase()}: ${text}${fields.join("")}${why}`
        )
      })
    ),
    Logger.minimumLogLevel(LogLevel.Info)
  )

/** Writes a line to the screen. */
export const say = (screen: Screen, text: string): Effect.Effect<void> => Effect.sync(() => screen.line(text))
