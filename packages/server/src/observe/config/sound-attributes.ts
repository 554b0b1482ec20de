/** Attributes of a resource as OpenTelemetry's data model has them: well-formed text, no key empty, no number infinite. */
import * as Effect from "effect/Effect"
import { clean } from "../catalogue/label.ts"
import type { ResourceAttributes } from "./options.ts"

type Value = ResourceAttributes[string]

/** The attributes that can be sent; a warning names the others. */
export const soundAttributes = (given: ResourceAttributes): Effect.Effect<ResourceAttributes> => {
  const all = Object.entries(given).map(([key, value]): [string, Value] => [key.toWellFormed(), wellFormed(value)])
  const left = all.filter(([key, value]) => !isSound(key, value)).map(([key, value]) => shown(key, value))
  const sound = Object.fromEntries(all.filter(([key, value]) => isSound(key, value)))
  return left.length === 0
    ? Effect.succeed(sound)
    : Effect.as(
        Effect.logWarning(
          `Attributes of the resource are left out: ${left.join(", ")}; a key must not be empty, a number must be finite`
        ),
        sound
      )
}

const isSound = (key: string, value: Value | null | undefined): boolean =>
  key !== "" && value !== undefined && value !== null && (typeof value !== "number" || Number.isFinite(value))

const shown = (key: string, value: Value): string => `"${clean(key)}" of ${clean(String(value))}`

const wellFormed = (value: Value): Value => (typeof value === "string" ? value.toWellFormed() : value)
