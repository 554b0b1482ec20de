/**
 * Certificates for the connection to a collector: the files that variables name, and what they hold. All that can be
 * judged without a connection is judged here, at the start and again when files have changed.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Crypto from "node:crypto"
import { createSecureContext } from "node:tls"
import { wordsOf } from "../catalogue/thrown.ts"
import { OptionsError } from "../instrument/options-error.ts"
import { processClock } from "../instrument/sound-clock.ts"
import { text } from "./format.ts"
import { certificatesIn, type Held, heldIn, isEncrypted, isOfOldCipher, privateKeyIn } from "./pem.ts"
import { shownFile } from "./shown-address.ts"
import { readSmallFile } from "./small-file.ts"
import { endOfValidity, invalidAt, noneValidAt, shownTime } from "./validity.ts"
import { type Variable, variable } from "./variable.ts"

/** What Node's TLS takes, each absent when no variable names a file. A key is one without a passphrase. */
export interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** The files that variables name. */
export interface TlsFiles {
  /** Certificates of those who may have signed the collector's. */
  readonly authority: Variable<string> | undefined
  readonly client: ClientFiles | undefined
}

/** What this process shows to a collector, and the key that proves that it is its own. */
export interface ClientFiles {
  readonly certificate: Variable<string>
  readonly key: Variable<string>
  readonly passphrase: Redacted.Redacted | undefined
}

/** The content of files that are sound, and how long the client's certificate is valid, for people. */
export interface LoadedTls {
  readonly tls: Tls
  readonly clientValidTo: string | undefined
}

/** Which files there are; `names` are the variables, first ones first. Nothing where no variable names one. */
export const tlsFiles = (
  names: (name: string) => ReadonlyArray<string>,
  passphrase?: string | Redacted.Redacted
): Effect.Effect<TlsFiles | undefined, OptionsError> =>
  Effect.gen(function* () {
    const authority = yield* variable(names("CERTIFICATE"), text)
    const certificate = yield* variable(names("CLIENT_CERTIFICATE"), text)
    const key = yield* variable(names("CLIENT_KEY"), text)
    if (certificate !== undefined && key !== undefined) {
      return { authority, client: { certificate, key, passphrase: redacted(passphrase) } }
    }
    const alone = certificate ?? key
    if (alone !== undefined) {
      const other = names(certificate === undefined ? "CLIENT_CERTIFICATE" : "CLIENT_KEY").join(" or ")
      const file = yield* fileOf(alone)
      return yield* refuse(file, { expected: `a file that is given together with that of ${other}` })
    }
    return authority && { authority, client: undefined }
  })

const redacted = (passphrase: string | Redacted.Redacted | undefined): Redacted.Redacted | undefined =>
  passphrase === undefined || Redacted.isRedacted(passphrase) ? passphrase : Redacted.make(passphrase)

/** What the files hold now. Whatever makes them of no use is an error that names the variable and the file. */
export const loadTls = ({ authority, client }: TlsFiles): Effect.Effect<LoadedTls, OptionsError> =>
  Effect.gen(function* () {
    const nowMs = processClock.unsafeCurrentTimeMillis()
    const ca = authority && (yield* loadAuthority(authority, nowMs))
    const own = client && (yield* loadClient(client, nowMs))
    return {
      tls: { ...(ca && { ca }), ...(own && { cert: own.cert, key: own.key }) },
      clientValidTo: own?.validTo
    }
  })

/** A file as it was read. */
interface File {
  readonly option: string
  readonly path: string
  readonly content: Buffer
}

const fileOf = ({ name: option, value: path }: Variable<string>): Effect.Effect<File, OptionsError> =>
  Effect.mapBoth(readSmallFile(path), {
    onSuccess: (content) => ({ option, path, content }),
    onFailure: (why) =>
      errorOf(
        { option, path },
        { note: `, which ${why}`, expected: "the path of a file in PEM format that can be read" }
      )
  })

const loadAuthority = (authority: Variable<string>, nowMs: number): Effect.Effect<Buffer, OptionsError> =>
  Effect.gen(function* () {
    const file = yield* fileOf(authority)
    const why = noneValidAt(yield* certificatesOf(file), nowMs)
    return why === undefined ? file.content : yield* notValid(file, why, nowMs)
  })

interface Client {
  readonly cert: Buffer
  readonly key: Buffer
  readonly validTo: string | undefined
}

/** A client shows a certificate and proves that it has the key of it: one without the other is of no use. */
const loadClient = (
  { certificate, key, passphrase }: ClientFiles,
  nowMs: number
): Effect.Effect<Client, OptionsError> =>
  Effect.gen(function* () {
    const certFile = yield* fileOf(certificate)
    const keyFile = yield* fileOf(key)
    yield* checkSwapped(certFile, keyFile)
    const certificates = yield* certificatesOf(certFile)
    const privateKey = yield* keyOf(keyFile, certFile, passphrase)
    const [own] = certificates
    if (own?.checkPrivateKey(privateKey) !== true) {
      const isOfOther = certificates.some((one) => one.checkPrivateKey(privateKey))
      return yield* refuse(keyFile, {
        note: isOfOther ? ", which fits another certificate of that file" : "",
        expected: `the private key of the first certificate in the file of ${certFile.option}`
      })
    }
    const why = invalidAt(own, nowMs)
    if (why !== undefined) {
      return yield* notValid(certFile, `which ${why}`, nowMs)
    }
    // Decrypted once: Node would do it again for each connection, and it is slow by design.
    const plain = isEncrypted(keyFile.content)
      ? Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" }))
      : keyFile.content
    const found = { cert: certFile.content, key: plain }
    yield* Effect.mapError(
      Effect.try(() => createSecureContext(found)),
      ({ error }) => errorOf(certFile, { expected: `a certificate that OpenSSL takes, which says: ${reasonOf(error)}` })
    )
    return { ...found, validTo: endOfValidity(own) }
  })

const certificatesOf = (file: File): Effect.Effect<ReadonlyArray<Crypto.X509Certificate>, OptionsError> =>
  Effect.try({
    try: () => certificatesIn(file.content),
    catch: () =>
      errorOf(file, {
        note: besides("a certificate", file),
        expected: "a file that holds certificates in PEM format, each of them whole"
      })
  })

const keyOf = (
  file: File,
  certFile: File,
  passphrase: Redacted.Redacted | undefined
): Effect.Effect<Crypto.KeyObject, OptionsError> =>
  Effect.try({
    try: () => privateKeyIn(file.content, passphrase && Redacted.value(passphrase)),
    catch: (thrown) => {
      if (!isEncrypted(file.content)) {
        const note = besides("a private key", file)
        return errorOf(file, { note, expected: "a file that holds a private key in PEM format" })
      }
      const expected = `a private key for the certificate of ${certFile.option} that ${wantedOf(passphrase, thrown)}`
      return errorOf(file, { note: ", which is encrypted", expected })
    }
  })

const wantedOf = (passphrase: Redacted.Redacted | undefined, thrown: unknown): string => {
  if (isOfOldCipher(thrown)) {
    return "is encrypted with AES, as OpenSSL does not take the cipher of this one"
  }
  return passphrase === undefined
    ? "is not encrypted, or its passphrase in the option clientKeyPassphrase"
    : "the passphrase in the option clientKeyPassphrase decrypts"
}

/** What a file holds instead of what is expected. */
const besides = (expected: Held, { content }: File): string => {
  const held = heldIn(content)
  if (held.length > 0) {
    return held.includes(expected) ? "" : `, which holds ${held.join(" and ")}`
  }
  return isBinary(content) ? ", which is binary, as DER and PKCS #12 are" : ""
}

/** ASN.1 begins with a sequence, whose length takes more than one byte. */
const isBinary = (content: Buffer): boolean => content[0] === 0x30 && (content[1] ?? 0) > 0x80

const checkSwapped = (certFile: File, keyFile: File): Effect.Effect<void, OptionsError> => {
  const cert = heldIn(certFile.content)
  const key = heldIn(keyFile.content)
  const isSwapped =
    cert.includes("a private key") &&
    !cert.includes("a certificate") &&
    key.includes("a certificate") &&
    !key.includes("a private key")
  return isSwapped
    ? refuse(certFile, {
        note: ", which holds a private key",
        expected: `a certificate, which is in the file of ${keyFile.option}`,
        fix: "The files of the two variables are swapped"
      })
    : Effect.void
}

const notValid = (file: File, why: string, nowMs: number): Effect.Effect<never, OptionsError> =>
  refuse(file, {
    note: `, ${why}`,
    expected: `a certificate that is valid now, which is ${shownTime(nowMs)} by the clock of this machine`,
    fix: "Renew it, or set the clock"
  })

interface Refusal {
  /** What is said of the file besides its name. */
  readonly note?: string
  readonly expected: string
  readonly fix?: string
}

const errorOf = (
  { option, path }: Pick<File, "option" | "path">,
  { expected, fix, note = "" }: Refusal
): OptionsError => {
  const given = `${shownFile(path)}${note}`
  return fix === undefined
    ? OptionsError.of({ option, given, expected })
    : new OptionsError({ option, given, expected, fix })
}

const refuse = (file: File, refusal: Refusal): Effect.Effect<never, OptionsError> => Effect.fail(errorOf(file, refusal))

/** OpenSSL's text has numbers and names of its own parts before the reason. */
const reasonOf = (thrown: unknown): string => wordsOf(thrown).split(":").at(-1)?.trim() ?? ""
