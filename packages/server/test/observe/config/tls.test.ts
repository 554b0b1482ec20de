/** The files of certificates and keys: what they hold is known at the start. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { readTls } from "../../../src/observe/config/tls.ts"

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
  write("named.pem", `Bag Attributes\n    friendlyName: one\n${content("one.pem")}`)
})

afterAll(() => Fs.rmSync(folder, { recursive: true }))

const read = (variables: Readonly<Record<string, string>>) => {
  const paths = Object.entries(variables).map(([name, path]) => [name, path === "/" ? path : file(path)] as const)
  return readTls((name) => [name]).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(paths))))
}

const certificates = "a file that holds certificates in PEM format, each of them whole"
const key = "a file that holds a private key in PEM format, without a passphrase"
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
  ...["empty.pem", "page.pem", "one.pem", "locked.key"].map(
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
})
