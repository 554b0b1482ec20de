/** The files of certificates and keys: what they hold is known at the start. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { authority, fromNow } from "@parametric-portal/receivers/authority"
import { execFileSync } from "node:child_process"
import { createPrivateKey } from "node:crypto"
import FsModule, * as Fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import * as Os from "node:os"
import * as Path from "node:path"
import { inspect } from "node:util"
import { afterAll, afterEach, beforeAll, vi } from "vitest"
import { loadTls, tlsFiles } from "../../../src/observe/config/tls.ts"

const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "tls-test-"))
const file = (name: string) => Path.join(folder, name)
const write = (name: string, content: string) => Fs.writeFileSync(file(name), content, "latin1")
const content = (name: string) => Fs.readFileSync(file(name), "latin1")
const openssl = (...words: ReadonlyArray<string>) => execFileSync("openssl", words, { cwd: folder, stdio: "ignore" })

beforeAll(() => {
  for (const name of ["one", "other"]) {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`]
    openssl("req", "-x509", ...key, "-out", `${name}.pem`, "-days", "2", "-subj", `/CN=${name}`)
  }
  openssl("x509", "-in", "one.pem", "-outform", "der", "-out", "one.der")
  openssl("pkcs8", "-topk8", "-in", "one.key", "-passout", "pass:secret", "-out", "locked.key")
  openssl("ec", "-in", "one.key", "-aes256", "-passout", "pass:secret", "-out", "old-locked.key")
  openssl("pkey", "-in", "one.key", "-pubout", "-out", "public.pem")
  write("chain.pem", content("other.pem") + content("one.pem"))
  write("both.pem", content("one.pem") + content("one.key"))
  write("empty.pem", "")
  write("page.pem", "<html>not found</html>")
  write("two.pem", content("one.pem") + content("other.pem"))
  write("broken.pem", `${content("one.pem")}-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n`)
  write("cut.pem", content("one.pem").slice(0, 200))
  write("second-cut.pem", content("one.pem") + content("other.pem").slice(0, 200))
  write("quoted.pem", `"${content("one.pem")}"`)
  write("beside.pem", `certificate: ${content("one.pem")}`)
  write("second-beside.pem", `${content("one.pem")}  ${content("other.pem")}`)
  write("trailing.pem", `${content("one.pem").trim()} # ours`)
  write("one-line.pem", content("one.pem").replaceAll("\n", " "))
  write("no-break.pem", content("one.pem").trim() + content("other.pem"))
  write("long-line.pem", "-".repeat(5_000_000))
  write("marked.pem", Buffer.from(`\ufeff${content("one.pem")}`).toString("latin1"))
  write("crlf.pem", content("one.pem").replaceAll("\n", "\r\n"))
  write("marked-locked.key", Buffer.from(`\ufeff${content("locked.key")}`).toString("latin1"))
  const des = content("old-locked.key").replace(/DEK-Info: .*/, "DEK-Info: DES-CBC,0123456789ABCDEF")
  write("des-locked.key", des)
  write("ssh.key", "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n")
  openssl("crl2pkcs7", "-nocrl", "-certfile", "one.pem", "-out", "pkcs7.pem")
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "with-parameters.key")
  openssl("req", "-x509", "-key", "with-parameters.key", "-out", "with-parameters.pem", "-subj", "/CN=three")
  execFileSync("mkfifo", ["pipe.pem"], { cwd: folder })
  Fs.mkdirSync(file("folder.pem"))
  Fs.closeSync(Fs.openSync(file("huge.pem"), "w"))
  Fs.truncateSync(file("huge.pem"), 600 * 1024 * 1024)
  write("named.pem", `Bag Attributes\n    friendlyName: one\n${content("one.pem")}`)
})

afterAll(() => Fs.rmSync(folder, { recursive: true }))

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const read = (variables: Readonly<Record<string, string>>, passphrase?: string | Redacted.Redacted) => {
  const paths = Object.entries(variables).map(([name, path]) => [name, Path.resolve(folder, path)] as const)
  return Effect.gen(function* () {
    const files = yield* tlsFiles((name) => [name], passphrase)
    return files === undefined ? {} : (yield* loadTls(files)).tls
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(paths))))
}

const certificates = "a file that holds certificates in PEM format, each of them whole"
const key = "a file that holds a private key in PEM format"
const pair = { CLIENT_CERTIFICATE: "one.pem" }

const notWhole = ["empty.pem", "page.pem", "one.key", "one.der", "broken.pem", "cut.pem", "second-cut.pem"]
const besideText = ["quoted.pem", "beside.pem", "second-beside.pem", "trailing.pem", "one-line.pem", "no-break.pem"]

const refused: ReadonlyArray<readonly [option: string, expected: string, Readonly<Record<string, string>>]> = [
  ...[...notWhole, ...besideText, "long-line.pem"].flatMap(
    (path) =>
      [
        ["CERTIFICATE", certificates, { CERTIFICATE: path }],
        ["CLIENT_CERTIFICATE", certificates, { CLIENT_CERTIFICATE: path, CLIENT_KEY: "one.key" }]
      ] as const
  ),
  ...["empty.pem", "page.pem", "one.pem", "public.pem", "one.der"].map(
    (path) => ["CLIENT_KEY", key, { ...pair, CLIENT_KEY: path }] as const
  ),
  [
    "CLIENT_KEY",
    "the private key of the first certificate in the file of CLIENT_CERTIFICATE",
    { ...pair, CLIENT_KEY: "other.key" }
  ],
  ["CLIENT_CERTIFICATE", "a file that is given together with that of CLIENT_KEY", pair],
  ["CLIENT_KEY", "a file that is given together with that of CLIENT_CERTIFICATE", { CLIENT_KEY: "one.key" }],
  ["CERTIFICATE", "the path of a file in PEM format that can be read", { CERTIFICATE: "/" }]
]

describe("the files of TLS", () => {
  it.effect("are read", () =>
    Effect.gen(function* () {
      for (const ca of ["one.pem", "two.pem", "named.pem", "marked.pem", "crlf.pem"]) {
        const found = yield* read({ CERTIFICATE: ca, ...pair, CLIENT_KEY: "one.key" })
        expect(Object.entries(found).map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")])).toEqual([
          ["ca", content(ca)],
          ["cert", content("one.pem")],
          ["key", content("one.key")]
        ])
      }
      expect(yield* read({})).toEqual({})
    })
  )

  it.effect.each(refused)("are refused at the start: %s, %s, %o", ([option, expected, variables]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(variables))
      expect({ option: error.option, expected: error.expected }).toEqual({ option, expected })
      expect(error.message).not.toMatch(/secret|BEGIN|\n/)
    })
  )

  it.effect("may have the parameters of a curve before the key", () =>
    Effect.gen(function* () {
      const found = yield* read({ CLIENT_CERTIFICATE: "with-parameters.pem", CLIENT_KEY: "with-parameters.key" })
      expect(Object.keys(found)).toEqual(["cert", "key"])
    })
  )

  it.effect("may be one, of a certificate and its key", () =>
    Effect.gen(function* () {
      const found = yield* read({ CLIENT_CERTIFICATE: "both.pem", CLIENT_KEY: "both.pem" })
      expect(found).toEqual({ cert: Buffer.from(content("both.pem")), key: Buffer.from(content("both.pem")) })
    })
  )

  it.effect.each(["locked.key", "old-locked.key", "marked-locked.key"])(
    "may have an encrypted key, with its passphrase: %s",
    (locked) =>
      Effect.gen(function* () {
        for (const passphrase of ["secret", Redacted.make("secret")]) {
          const { cert, key: found } = yield* read({ ...pair, CLIENT_KEY: locked }, passphrase)
          expect(cert?.toString()).toBe(content("one.pem"))
          expect(found && createPrivateKey(found).equals(createPrivateKey(content("one.key")))).toBe(true)
        }
        const files = yield* tlsFiles((name) => [name], "secret").pipe(
          Effect.withConfigProvider(
            ConfigProvider.fromMap(
              new Map([
                ["CLIENT_CERTIFICATE", "a"],
                ["CLIENT_KEY", "b"]
              ])
            )
          )
        )
        expect(inspect(files, { depth: 9 }) + JSON.stringify(files)).not.toContain("secret")
      })
  )
})

/** What the whole error says. */
const said = (variables: Readonly<Record<string, string>>, passphrase?: string) =>
  Effect.match(read(variables, passphrase), {
    onFailure: ({ message }) => message.replaceAll(`${folder}/`, ""),
    onSuccess: () => "nothing"
  })

describe("an error of the files of TLS", () => {
  const locked = { ...pair, CLIENT_KEY: "locked.key" }

  const unreadable = [
    ["missing.pem", "is not there"],
    ["one.pem/missing.pem", "is not there"],
    ["folder.pem", "is a folder"],
    ["pipe.pem", "is a pipe or a device"],
    ["huge.pem", "has 629145600 bytes"]
  ] as const

  const errors: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, passphrase?: string]> = [
    ...unreadable.map(
      ([path, why]) =>
        [
          `CERTIFICATE: given "${path}", which ${why}; expected the path of a file in PEM format that can be read. ` +
            "Use a valid value, or omit it.",
          { CERTIFICATE: path }
        ] as const
    ),
    [
      'CLIENT_KEY: given "des-locked.key", which is encrypted; expected a private key for the certificate of ' +
        "CLIENT_CERTIFICATE that is encrypted with AES, as OpenSSL does not take the cipher of this one. " +
        "Use a valid value, or omit it.",
      { ...pair, CLIENT_KEY: "des-locked.key" },
      "secret"
    ],
    [
      `CLIENT_KEY: given "ssh.key", which holds a private key of OpenSSH; expected ${key}. Use a valid value, or omit it.`,
      { ...pair, CLIENT_KEY: "ssh.key" }
    ],
    [
      `CERTIFICATE: given "pkcs7.pem", which holds a bundle of PKCS #7; expected ${certificates}. ` +
        "Use a valid value, or omit it.",
      { CERTIFICATE: "pkcs7.pem" }
    ],
    [
      'CLIENT_KEY: given "locked.key", which is encrypted; expected a private key for the certificate of ' +
        "CLIENT_CERTIFICATE that is not encrypted, or its passphrase in the option clientKeyPassphrase. " +
        "Use a valid value, or omit it.",
      locked
    ],
    [
      'CLIENT_KEY: given "locked.key", which is encrypted; expected a private key for the certificate of ' +
        "CLIENT_CERTIFICATE that the passphrase in the option clientKeyPassphrase decrypts. Use a valid value, or omit it.",
      locked,
      "secret 2"
    ],
    [
      'CLIENT_CERTIFICATE: given "one.key", which holds a private key; expected a certificate, which is in the file of ' +
        "CLIENT_KEY. The files of the two variables are swapped.",
      { CLIENT_CERTIFICATE: "one.key", CLIENT_KEY: "one.pem" }
    ],
    [
      'CLIENT_CERTIFICATE: given "locked.key", which holds a private key; expected a certificate, which is in the file ' +
        "of CLIENT_KEY. The files of the two variables are swapped.",
      { CLIENT_CERTIFICATE: "locked.key", CLIENT_KEY: "one.pem" }
    ],
    [
      `CERTIFICATE: given "one.key", which holds a private key; expected ${certificates}. Use a valid value, or omit it.`,
      { CERTIFICATE: "one.key" }
    ],
    [
      `CERTIFICATE: given "one.der", which is binary, as DER and PKCS #12 are; expected ${certificates}. ` +
        "Use a valid value, or omit it.",
      { CERTIFICATE: "one.der" }
    ],
    [
      `CLIENT_KEY: given "public.pem", which holds a public key; expected ${key}. Use a valid value, or omit it.`,
      { ...pair, CLIENT_KEY: "public.pem" }
    ],
    [
      'CLIENT_KEY: given "one.key", which fits another certificate of that file; expected the private key of the first ' +
        "certificate in the file of CLIENT_CERTIFICATE. Use a valid value, or omit it.",
      { CLIENT_CERTIFICATE: "chain.pem", CLIENT_KEY: "one.key" }
    ]
  ]

  it.effect.each([
    ["EACCES", "this process may not read"],
    ["EPERM", "this process may not read"],
    ["EIO", "can't be read (EIO)"]
  ])("says that a file may not be read: %s", ([code, why]) =>
    Effect.gen(function* () {
      vi.spyOn(FsModule, "openSync").mockImplementation(() => {
        throw Object.assign(new Error("secret"), { code })
      })
      syncBuiltinESMExports()
      expect(yield* said({ CERTIFICATE: "one.pem" })).toBe(
        `CERTIFICATE: given "one.pem", which ${why}; expected the path of a file in PEM format that can be read. ` +
          "Use a valid value, or omit it."
      )
    })
  )

  it.effect.each(errors)("says %s", ([message, variables, passphrase]) =>
    Effect.gen(function* () {
      expect(yield* said(variables, passphrase)).toBe(message)
    })
  )

  const ended = ["20250101000000Z", "20260203040506Z"] as const
  const clock =
    /now, which is 2\d{3}-\d\d-\d\dT[\d:.]{8,12}Z by the clock of this machine\. Renew it, or set the clock\.$/

  it.scoped("names the date of a client certificate that is not valid", () =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const expired = own.issue("app", { from: ended[0], to: ended[1] })
      const variables = { CLIENT_CERTIFICATE: expired.cert_file, CLIENT_KEY: expired.key_file }
      const message = yield* said(variables)
      expect(message).toMatch(clock)
      expect(message).toMatch(
        `CLIENT_CERTIFICATE: given "${expired.cert_file}", which expired at 2026-02-03T04:05:06Z; expected a certificate`
      )
      const early = own.issue("app", { from: "20990101000000Z", to: "20990201000000Z" })
      expect(yield* said({ CLIENT_CERTIFICATE: early.cert_file, CLIENT_KEY: early.key_file })).toMatch(
        `CLIENT_CERTIFICATE: given "${early.cert_file}", which is not valid before 2099-01-01T00:00:00Z; expected a`
      )
    })
  )

  it.scoped("is none where clocks that differ a little would disagree", () =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const minute = 60_000
      for (const validity of [
        { from: fromNow(2 * minute), to: fromNow(60 * minute) },
        { from: fromNow(-60 * minute), to: fromNow(-2 * minute) }
      ]) {
        const { cert_file, key_file } = own.issue("app", validity)
        expect(Object.keys(yield* read({ CLIENT_CERTIFICATE: cert_file, CLIENT_KEY: key_file }))).toEqual([
          "cert",
          "key"
        ])
      }
    })
  )

  it.scoped("names the date where no authority of a file is valid", () =>
    Effect.gen(function* () {
      const old = yield* authority("old", { from: ended[0], to: ended[1] })
      const older = yield* authority("older", { from: ended[0], to: "20250102000000Z" })
      const message = yield* said({ CERTIFICATE: old.cert_file })
      expect(message).toMatch(clock)
      expect(message).toMatch(
        `CERTIFICATE: given "${old.cert_file}", which expired at 2026-02-03T04:05:06Z; expected a`
      )
      const contentOf = ({ cert_file }: { readonly cert_file: string }) => Fs.readFileSync(cert_file, "latin1")
      write("all-old.pem", contentOf(older) + contentOf(old))
      expect(yield* said({ CERTIFICATE: "all-old.pem" })).toMatch(
        'CERTIFICATE: given "all-old.pem", none of whose 2 certificates is valid: one expired at 2026-02-03T04:05:06Z;'
      )
      write("some-old.pem", contentOf(older) + content("one.pem"))
      expect(Object.keys(yield* read({ CERTIFICATE: "some-old.pem" }))).toEqual(["ca"])
    })
  )
})
