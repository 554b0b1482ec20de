/** Certificates for the connection to a collector, read from the files that variables name, and checked. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import { createSecureContext } from "node:tls"
import { wordsOf } from "../catalogue/thrown.ts"
import { text } from "./format.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { shownFile } from "./shown-address.ts"
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
    const ca = yield* fileOf(names("CERTIFICATE"), certificates)
    const cert = yield* fileOf(names("CLIENT_CERTIFICATE"), certificates)
    const key = yield* fileOf(names("CLIENT_KEY"), privateKey)
    yield* checkPair(cert, key, names)
    return {
      ...(ca && { ca: ca.content }),
      ...(cert && { cert: cert.content }),
      ...(key && { key: key.content })
    }
  })

/** A file, and what was found in it. */
interface File<A> {
  readonly option: string
  readonly path: string
  readonly content: Buffer
  readonly found: A
}

/** What a file must hold; `read` throws where it does not. */
interface Kind<A> {
  readonly expected: string
  readonly read: (content: Buffer) => A
}

const certificates: Kind<ReadonlyArray<Crypto.X509Certificate>> = {
  expected: "a file that holds certificates in PEM format, each of them whole",
  // Node itself passes over an authority's file without a certificate in silence, and over a broken one in it.
  read: (content) => {
    const blocks = content.toString("latin1").match(certificateBlock) ?? [""]
    return blocks.map((block) => new Crypto.X509Certificate(Buffer.from(block, "latin1")))
  }
}

// From the beginning of a line to the end of one: OpenSSL passes over a certificate that has other text beside it.
const certificateBlock =
  /^[^\r\n]*-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*(?:-----END [A-Z0-9 ]*-----[^\r\n]*)?/gm

const privateKey: Kind<Crypto.KeyObject> = {
  expected: "a file that holds a private key in PEM format, without a passphrase",
  read: (content) => Crypto.createPrivateKey(content)
}

const fileOf = <A>(
  names: ReadonlyArray<string>,
  { expected, read }: Kind<A>
): Effect.Effect<File<A> | undefined, OptionsError> =>
  Effect.gen(function* () {
    const path = yield* variable(names, text)
    if (path === undefined) {
      return undefined
    }
    const { name: option, value } = path
    const refuse = (what: string) => () => OptionsError.of({ option, given: shownFile(value), expected: what })
    const content = yield* Effect.try({
      try: () => Fs.readFileSync(value),
      catch: refuse("the path of a file in PEM format that can be read")
    })
    const found = yield* Effect.try({ try: () => read(content), catch: refuse(expected) })
    return { option, path: value, content, found }
  })

/** A client shows a certificate and proves that it has the key of it: one without the other is of no use. */
const checkPair = (
  cert: File<ReadonlyArray<Crypto.X509Certificate>> | undefined,
  key: File<Crypto.KeyObject> | undefined,
  names: (name: string) => ReadonlyArray<string>
): Effect.Effect<void, OptionsError> => {
  if (cert === undefined || key === undefined) {
    const only = cert ?? key
    const other = cert === undefined ? "CLIENT_CERTIFICATE" : "CLIENT_KEY"
    return only === undefined
      ? Effect.void
      : refused(only, `a file that is given together with that of ${names(other).join(" or ")}`)
  }
  if (cert.found[0]?.checkPrivateKey(key.found) !== true) {
    return refused(key, `the private key of the first certificate in the file of ${cert.option}`)
  }
  return Either.match(
    Either.try(() => createSecureContext({ cert: cert.content, key: key.content })),
    {
      onLeft: (thrown) => refused(cert, `a certificate that OpenSSL takes, which says: ${reasonOf(thrown)}`),
      onRight: () => Effect.void
    }
  )
}

const refused = ({ option, path }: Pick<File<unknown>, "option" | "path">, expected: string) =>
  OptionsError.of({ option, given: shownFile(path), expected })

/** OpenSSL's text has numbers and names of its own parts before the reason. */
const reasonOf = (thrown: unknown): string => wordsOf(thrown).split(":").at(-1)?.trim() ?? ""
