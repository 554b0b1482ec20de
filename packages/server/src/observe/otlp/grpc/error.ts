/** Why there was no answer over gRPC, whose library tells of it in one text. */
import { attempt } from "../../catalogue/attempt.ts"
import { textOf } from "../../catalogue/error-name.ts"
import type { TlsFiles } from "../../config/tls.ts"
import { hostQuestion, said } from "../connection-error.ts"
import { tlsAdvice } from "../tls-error.ts"
import { type Told, unreadable } from "./origin.ts"

/** What happened to a connection; what Node says of its sockets where none was made. */
export const connectionError = ({ details }: Told, failures: ReadonlyArray<Error>): Error => {
  const [first, ...others] = failures
  if (details === undefined || unreadable.test(details)) {
    return new Error(`the answer can't be read: ${details ?? "it is compressed in another way than it says"}`)
  }
  if (first === undefined) {
    return new Error(reasonIn(details))
  }
  return others.length === 0 ? first : new AggregateError(failures)
}

/** `No connection established. Last error: Error [CODE]: the reason (its time). Resolution note: `, as the library writes. */
const reasonIn = (details: string): string =>
  details
    .replace(/^No connection established\. Last error: (Error( \[\w+\])?: )?/, "")
    .replace(/\. Resolution note: [^]*$/, "")
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, "")

/** The message of an error of a connection to this address, in one line, and what to do. */
export const explainGrpc = (error: Error, url: URL, files?: TlsFiles): string =>
  said(error, url, adviceOf(error, url, files))

const adviceOf = (error: Error, { protocol }: URL, files: TlsFiles | undefined): string => {
  const message = attempt(() => textOf(error, "message")) ?? ""
  if (message.startsWith("Name resolution failed")) {
    return hostQuestion
  }
  if (/^Protocol error$|alert no application protocol/.test(message)) {
    return portQuestion
  }
  if (protocol === "https:") {
    return tlsAdvice(error, files) ?? ""
  }
  return message === "Failed to connect" ? "if the port speaks TLS, it is https://" : ""
}

/** What answers does not speak gRPC. */
export const portQuestion = "is this a port of OTLP over HTTP? OTLP over gRPC has port 4317"
