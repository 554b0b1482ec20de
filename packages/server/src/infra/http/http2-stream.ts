/**
 * The streams of HTTP/2. When one closes before all of a response was sent, Node calls nobody back who waits for the
 * response to be written, and Effect's fiber waits for ever.
 */

/** A request by HTTP/2: Node's `Http2ServerRequest`, which has a stream of its own on the connection. */
export const isStream = (source: object): source is { readonly stream: object } =>
  "stream" in source && typeof source.stream === "object" && source.stream !== null

/** Its stream has closed, and what was to be sent on it was not sent to the end. */
export const isCutOff = ({ stream }: { readonly stream: object }): boolean =>
  !("writableFinished" in stream && stream.writableFinished === true)
