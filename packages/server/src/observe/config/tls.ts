/** Certificates for the connection to a collector, read from the files that variables name. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { text } from "./format.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { variable } from "./variable.ts"

/** What Node's TLS takes, each absent when no variable names a file. */
export interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** The certificate of the authority, and certificate and key of this client; `names` are the variables, first ones first. */
export const readTls = (names: (name: string) => ReadonlyArray<string>): Effect.Effect<Tls, OptionsError> =>
  Effect.gen(function* () {
    const ca = yield* fileOf(names("CERTIFICATE"))
    const cert = yield* fileOf(names("CLIENT_CERTIFICATE"))
    const key = yield* fileOf(names("CLIENT_KEY"))
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  })

const fileOf = (names: ReadonlyArray<string>): Effect.Effect<Buffer | undefined, OptionsError> =>
  Effect.gen(function* () {
    const path = yield* variable(names, text)
    return path === undefined
      ? undefined
      : yield* Effect.try({
          try: () => Fs.readFileSync(path.value),
          catch: () =>
            OptionsError.of({
              option: path.name,
              given: `"${path.value}"`,
              expected: "the path of a file in PEM format that can be read"
            })
        })
  })
