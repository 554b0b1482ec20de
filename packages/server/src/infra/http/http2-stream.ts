/**
 * The streams of HTTP/2. When one closes before all of a response was sent, Node calls nobody back who waits for the
 * response to be written, and Effect's fiber waits for ever.
 */

/** Node's `Http2ServerRequest`, which has a stream of its own on the connection. */
export interface Http2Request {
  readonly stream: object
}

/** The request came by HTTP/2. */
export const isStream = (source: object): source is Http2Request =>
  "stream" in source && typeof source.stream === "object" && source.stream !== null

/** Its stream has closed, and what was to be sent on it was not sent to the end. */
export const isCutOff = ({ stream }: Http2Request): boolean =>
  !("writableFinished" in stream && stream.writableFinished === true)
