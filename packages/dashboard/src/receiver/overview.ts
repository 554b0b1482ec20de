/** What somebody sees who opens the receiver's address in a browser: the series as text, read again every few seconds. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { metricsPath } from "./request-log.ts"
import { seriesText } from "./series-text.ts"
import type { Store } from "./store.ts"

/** More lines than this nobody reads, and they cost a request. */
const maxLines = 500

/** The overview as plain text: nothing in it is markup or a script, whatever a sender calls its metrics. */
export const overview = (store: Store): HttpServerResponse.HttpServerResponse => {
  const { series, total } = store.first(maxLines)
  const lines = series.map(seriesText).sort()
  const left = total - lines.length
  const text = [
    total === 0 ? `Nothing has arrived yet. Send metrics to ${metricsPath}.` : `${total} series:`,
    "",
    ...lines,
    ...(left === 0 ? [] : [`and ${left} more`])
  ].join("\n")
  return HttpServerResponse.text(`${text}\n`, {
    contentType: "text/plain; charset=utf-8",
    headers: {
      refresh: "5",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'",
      "x-content-type-options": "nosniff"
    }
  })
}
