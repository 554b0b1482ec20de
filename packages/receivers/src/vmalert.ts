/** vmalert, which evaluates rules on a VictoriaMetrics and writes what they record back to it. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { freePort } from "../../../vitest.ports.ts"
import { answers, type Running, start } from "./process.ts"

/** A rule as it was last evaluated. */
export interface EvaluatedRule {
  readonly name: string
  /** `ok`, or `err` with the reason in `lastError`. */
  readonly health: string
  readonly lastError: string
  readonly lastEvaluation: string
  /** Of an alert: the pending and the firing. */
  readonly alerts?: ReadonlyArray<{ readonly annotations: Readonly<Record<string, string>> }>
}

export interface VmalertOptions {
  /** The address of the VictoriaMetrics. */
  readonly store: string
  /** Files of rules. */
  readonly rules: ReadonlyArray<string>
}

export interface Vmalert extends Running {
  readonly rules: () => Promise<ReadonlyArray<EvaluatedRule>>
}

interface Answer {
  readonly data: { readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<EvaluatedRule> }> }
}

/** Evaluates every rule once a second, and tells nobody of alerts. Ends with the scope. */
export const vmalert = ({ rules, store }: VmalertOptions): Effect.Effect<Vmalert, never, Scope> =>
  Effect.gen(function* () {
    const address = `127.0.0.1:${yield* Effect.promise(freePort)}`
    const running = yield* start({
      program: "vmalert",
      args: [
        ...rules.map((file) => `-rule=${file}`),
        // What has just arrived counts: by default both wait for half a minute until it may be complete.
        `-datasource.url=${store}/?latency_offset=1ms&nocache=1`,
        "-rule.evalDelay=0s",
        `-remoteWrite.url=${store}`,
        "-remoteWrite.flushInterval=100ms",
        "-notifier.blackhole",
        "-evaluationInterval=1s",
        `-httpListenAddr=${address}`
      ],
      isReady: answers(`http://${address}/health`)
    })
    return {
      ...running,
      rules: async () => {
        const response = await fetch(`http://${address}/api/v1/rules`)
        const { data }: Answer = JSON.parse(await response.text())
        return data.groups.flatMap((group) => group.rules)
      }
    }
  })
