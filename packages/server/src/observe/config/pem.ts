/** What a file in PEM format holds: certificates, a private key, or something else, which an error can name. */
import * as Crypto from "node:crypto"
import { textOf } from "../catalogue/error-name.ts"

/** The certificates of a file, in its order. Throws where it has none, or where one is not whole. */
export const certificatesIn = (content: Buffer): ReadonlyArray<Crypto.X509Certificate> => {
  // Node itself passes over an authority's file without a certificate in silence, and over a broken one in it.
  const blocks = content.toString("latin1").match(certificateBlock) ?? [""]
  return blocks.map((block) => new Crypto.X509Certificate(Buffer.from(block, "latin1")))
}

// From the beginning of a line to the end of one: OpenSSL passes over a certificate that has other text beside it.
const certificateBlock =
  /^[^\r\n]*-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*(?:-----END [A-Z0-9 ]*-----[^\r\n]*)?/gm

/** The private key of a file. Throws where it has none, and where the passphrase does not decrypt it. */
export const privateKeyIn = (content: Buffer, passphrase: string | undefined): Crypto.KeyObject =>
  Crypto.createPrivateKey({ key: content, ...(passphrase !== undefined && { passphrase }) })

/** Whether a passphrase is needed for what a file holds. */
export const isEncrypted = (content: Buffer): boolean =>
  /^(\xef\xbb\xbf)?-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(content.toString("latin1"))

/** Whether it is for the cipher that a key was not decrypted, whatever the passphrase: OpenSSL 3 has left out DES and RC2. */
export const isOfOldCipher = (thrown: unknown): boolean =>
  /^ERR_OSSL_(EVP_UNSUPPORTED|PEM_UNSUPPORTED_ENCRYPTION)$/.test(textOf(thrown, "code") ?? "")

/** Kinds of content that have a name. */
export type Held =
  | "a certificate"
  | "a private key"
  | "a private key of OpenSSH"
  | "a public key"
  | "a certificate request"
  | "a list of revocations"
  | "a bundle of PKCS #7"

/** What a file seems to hold, without a look into it: each kind once. */
export const heldIn = (content: Buffer): ReadonlyArray<Held> => {
  const labels = Array.from(content.toString("latin1").matchAll(beginning), ([, label = ""]) => label)
  return kinds.filter(([, pattern]) => labels.some((label) => pattern.test(label))).map(([held]) => held)
}

const beginning = /-----BEGIN ([A-Z0-9# ]{1,40})-----/g

const kinds: ReadonlyArray<readonly [Held, RegExp]> = [
  ["a certificate", /^(X509 |TRUSTED )?CERTIFICATE$/],
  ["a private key", /^(?!OPENSSH ).*PRIVATE KEY$/],
  ["a private key of OpenSSH", /^OPENSSH PRIVATE KEY$/],
  ["a public key", /PUBLIC KEY$/],
  ["a certificate request", /CERTIFICATE REQUEST$/],
  ["a list of revocations", /CRL$/],
  ["a bundle of PKCS #7", /^(PKCS7|PKCS #7 SIGNED DATA|CMS)$/]
]
