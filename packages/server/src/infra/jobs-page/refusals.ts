/** Answers that say why there is no other. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"

/** An answer with a reason in words, as the errors of the API have it. */
export class Refusal {
  readonly status: number
  readonly tag: "Forbidden" | "NotFound" | "Refused" | "Unavailable"
  readonly message: string
  readonly headers: Readonly<Record<string, string>>

  constructor({ headers = {}, message, status, tag }: RefusalFields) {
    this.status = status
    this.tag = tag
    this.message = message
    this.headers = headers
  }
}

type RefusalFields = Pick<Refusal, "status" | "tag" | "message"> & Partial<Pick<Refusal, "headers">>

/** As JSON for the page and for scripts, and as text for who opens the address. */
export const refused = (
  { headers, message, status, tag }: Refusal,
  isApi: boolean
): HttpServerResponse.HttpServerResponse =>
  isApi
    ? HttpServerResponse.unsafeJson({ _tag: tag, message }, { status, headers })
    : HttpServerResponse.text(`${message}\n`, { status, headers })
