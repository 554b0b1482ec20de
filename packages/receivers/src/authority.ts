/** Authorities, and the certificates of servers and clients that they sign, made by OpenSSL. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { folder } from "./process.ts"

/** The PEM files of a certificate and of its key. */
export interface Issued {
  readonly cert_file: string
  readonly key_file: string
}

export interface Validity {
  /** `20260131120000Z`; now unless given. */
  readonly from?: string
  /** In two days unless given. */
  readonly to?: string
}

/** One that signs itself, and signs others, whatever its own validity is. */
export interface Authority extends Issued {
  /** A certificate for 127.0.0.1 as a server, and for a client of this name. */
  readonly issue: (name: string, validity?: Validity) => Issued
}

const configuration = `
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
copy_extensions = copy
default_md = sha256
default_days = 2
policy = names
[names]
commonName = supplied
`

const ofAuthority = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]

const ofBoth = [
  "-addext",
  "subjectAltName=IP:127.0.0.1,DNS:localhost",
  "-addext",
  "extendedKeyUsage=serverAuth,clientAuth"
]

/** An authority of this name; its files go with the scope. */
export const authority = (name: string, validity: Validity = {}): Effect.Effect<Authority, never, Scope> =>
  Effect.map(folder, (home) => {
    const openssl = (...words: ReadonlyArray<string>) => execFileSync("openssl", words, { cwd: home, stdio: "ignore" })
    writeFileSync(path.join(home, "openssl.cnf"), configuration)
    writeFileSync(path.join(home, "index"), "")
    const sign = (file: string, signer: ReadonlyArray<string>, { from, to }: Validity): Issued => {
      const dates = [...(from === undefined ? [] : ["-startdate", from]), ...(to === undefined ? [] : ["-enddate", to])]
      const files = ["-in", `${file}.csr`, "-out", `${file}.pem`]
      openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", ...signer, ...dates, ...files)
      return { cert_file: path.join(home, `${file}.pem`), key_file: path.join(home, `${file}.key`) }
    }
    const ask = (file: string, subject: string, extensions: ReadonlyArray<string>) => {
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${file}.key`]
      openssl("req", "-new", ...key, "-subj", `/CN=${subject}`, ...extensions, "-out", `${file}.csr`)
    }
    ask("authority", name, ofAuthority)
    const own = sign("authority", ["-selfsign", "-keyfile", "authority.key"], validity)
    let issued = 0
    return {
      ...own,
      issue: (subject, dates = {}) => {
        const file = `issued-${(issued += 1)}`
        ask(file, subject, ofBoth)
        return sign(file, ["-cert", "authority.pem", "-keyfile", "authority.key"], dates)
      }
    }
  })

/** A time so many milliseconds from now, as a validity has it. */
export const fromNow = (ms: number): string =>
  `${new Date(Date.now() + ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`

/** What is in the files of a certificate and of its key. */
export const contentsOf = ({ cert_file, key_file }: Issued) => ({
  cert: readFileSync(cert_file),
  key: readFileSync(key_file)
})
