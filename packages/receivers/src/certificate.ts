/** A certificate for 127.0.0.1 that signs itself, made by OpenSSL. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { execFileSync } from "node:child_process"
import path from "node:path"
import { folder } from "./process.ts"

/** The files of the certificate and of its key. */
export const certificate: Effect.Effect<{ readonly cert_file: string; readonly key_file: string }, never, Scope> =
  Effect.map(folder, (home) => {
    const [cert_file, key_file] = [path.join(home, "certificate.pem"), path.join(home, "key.pem")]
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    const files = ["-keyout", key_file, "-out", cert_file]
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        ...subject,
        ...files
      ],
      { stdio: "ignore" }
    )
    return { cert_file, key_file }
  })
