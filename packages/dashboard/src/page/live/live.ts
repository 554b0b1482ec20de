/**
 * The connection to the server, and what of it is shown. A pause takes a copy: what is shown stays as it is while what
 * arrives goes on in the copy, and is shown when the pause ends. A hidden tab draws nothing.
 */
import { computed, signal } from "@preact/signals"
import type { State, Tick } from "../../protocol/live.ts"
import { route, go } from "../route.ts"
import { hrefOf } from "../address.ts"
import { Model } from "./model.ts"

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "live"; readonly since: number }
  | { readonly kind: "lost"; readonly since: number }

/** How long the server may be silent, which sends something each second, before the connection counts as lost. */
const silenceMs = 10_000
const retryMs = 1000

export const status = signal<Status>({ kind: "connecting" })

/** What is drawn: a view of the model, which changes in place, made for each drawing. */
export const shown = signal<Model>(new Model())

/** Whether there has been anything to draw. */
export const hasBegun = computed(() => shown.value.health !== undefined)

/** While paused: the points that came meanwhile. */
export const paused = signal<{ readonly since: number; readonly points: number } | undefined>(undefined)

/** What the last pause kept back, for a moment after it. */
export const caughtUp = signal<number | undefined>(undefined)

export const ranges: ReadonlyArray<number> = [1, 5, 15, 60]

/** The minutes that charts show, from the address. */
export const range = computed(() => {
  const asked = Number(route.value.parameters.get("range"))
  return ranges.includes(asked) ? asked : 5
})

export const setRange = (minutes: number): void => {
  const { parameters, screen, subject } = route.value
  const others = Object.fromEntries(parameters)
  go(hrefOf(screen, subject, { ...others, range: minutes === 5 ? undefined : String(minutes) }), "replace")
}

let live = new Model()
let lastEventAt = 0

const draw = (): void => {
  if (paused.value !== undefined) {
    paused.value = { ...paused.value, points: live.received }
  } else if (!document.hidden) {
    shown.value = live.view()
  }
}

export const pause = (): void => {
  shown.value = live.view()
  live = live.copy()
  paused.value = { since: Date.now(), points: 0 }
}

export const resume = (): void => {
  caughtUp.value = live.received
  setTimeout(() => (caughtUp.value = undefined), 4000)
  paused.value = undefined
  draw()
}

const begin = (state: State): void => {
  const points = paused.value?.points ?? 0
  live = Model.of(state)
  live.received = points
  draw()
}

const proceed = (tick: Tick): void => {
  if (tick.isReset === true) {
    begin({ ...tick, startedAt: live.startedAt, history: [] })
  } else {
    live.apply(tick)
    draw()
  }
}

/** Connects, and again whenever the connection is lost. */
export const connect = (): void => {
  const source = new EventSource("live")
  const isLive = (): void => {
    lastEventAt = Date.now()
    if (status.value.kind !== "live") {
      status.value = { kind: "live", since: lastEventAt }
    }
  }
  source.addEventListener("state", ({ data }) => {
    begin(JSON.parse(data))
    isLive()
  })
  source.addEventListener("tick", ({ data }) => {
    proceed(JSON.parse(data))
    isLive()
  })
  const again = (): void => {
    clearInterval(watch)
    source.close()
    if (status.value.kind !== "lost") {
      status.value = { kind: "lost", since: Date.now() }
    }
    setTimeout(connect, retryMs)
  }
  source.addEventListener("error", again)
  lastEventAt = Date.now()
  const watch = setInterval(() => {
    if (Date.now() - lastEventAt > silenceMs) {
      again()
    }
  }, 1000)
}

document.addEventListener("visibilitychange", draw)
