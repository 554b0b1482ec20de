/** Ids of traces and spans as OpenTelemetry has them: 16 and 8 bytes, in hexadecimal digits, not all of them 0. */

/** Which span of which trace. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

/** Receivers refuse a whole request for ids of another form. */
export const hasSoundIds = ({ spanId, traceId }: SpanIds): boolean => traceForm.test(traceId) && spanForm.test(spanId)

const traceForm = /^(?!0+$)[0-9a-f]{32}$/i
const spanForm = /^(?!0+$)[0-9a-f]{16}$/i
