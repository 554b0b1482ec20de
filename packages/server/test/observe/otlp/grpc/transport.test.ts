/** Requests over gRPC: what a receiver may say, what becomes of a connection, and what is left of it. */
import { status as Status } from "@grpc/grpc-js"
import { describe, expect, it } from "@effect/vitest"
import { authority, contentsOf } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { loadGrpc } from "../../../../src/observe/otlp/grpc/load.ts"
import { makeSenderFactory, type SenderSettings } from "../../../../src/observe/otlp/sender.ts"
import { changes, contentOf, once, opensslServer, senderSettings, tlsHome } from "../tls-collector.ts"
import { rejectionIn } from "../../../../src/observe/otlp/partial-success.ts"
import { field, type GrpcAnswer, grpcCollector, ok, partialSuccess, paths, retryInfo } from "./grpc-collector.ts"

const body = { bytes: Buffer.from("ten bytes!"), headers: { "content-type": "application/x-protobuf" } }
const probe = { bytes: Buffer.alloc(0), headers: {} }
const outgoing = { body, points: 7, isRepeat: false, isDelta: false }

/** A sender to an address, cut with the scope. */
const senderTo = (url: URL, more: Partial<SenderSettings> = {}, isLast = false) =>
  Effect.gen(function* () {
    const grpc = yield* loadGrpc("grpc", "OTLP")
    const settings = { ...senderSettings, tls: {}, url, protocol: "grpc", grpc, ...more } as const
    return yield* Effect.acquireRelease(
      Effect.sync(() => makeSenderFactory(settings, probe)(more.timeoutMs ?? 2_000, isLast)),
      (sender) => sender.cut("the test is over")
    )
  })

/** What becomes of a request that is answered so. */
const failing = (answer: GrpcAnswer, more: Partial<SenderSettings> = {}) =>
  Effect.gen(function* () {
    const made = yield* grpcCollector(() => answer)
    const sender = yield* senderTo(made.url, { ...more, timeoutMs: 600 })
    const { isRefusedAtOnce, isReset, isUnknown, message, pauseMs, reason } = yield* sender
      .send(outgoing)
      .pipe(Effect.flip, once)
    return { isRefusedAtOnce, isReset, isUnknown, message, pauseMs, reason }
  })

const refused = { isRefusedAtOnce: false, isReset: false, isUnknown: false, pauseMs: undefined }

describe("a status", () => {
  it.scopedLive.each([
    ["CANCELLED", "unavailable"],
    ["UNKNOWN", "content"],
    ["INVALID_ARGUMENT", "content"],
    ["DEADLINE_EXCEEDED", "unavailable"],
    ["NOT_FOUND", "all"],
    ["ALREADY_EXISTS", "all"],
    ["PERMISSION_DENIED", "all"],
    ["RESOURCE_EXHAUSTED", "all"],
    ["FAILED_PRECONDITION", "all"],
    ["ABORTED", "unavailable"],
    ["OUT_OF_RANGE", "unavailable"],
    ["UNIMPLEMENTED", "all"],
    ["INTERNAL", "content"],
    ["UNAVAILABLE", "unavailable"],
    ["DATA_LOSS", "unavailable"],
    ["UNAUTHENTICATED", "all"]
  ] as const)("%s is %s", ([name, reason]) =>
    Effect.gen(function* () {
      const said = yield* failing({ code: Status[name], details: "in\u0007 other words" })
      const isUnknown = reason === "unavailable"
      expect(said).toEqual({ ...refused, reason, isUnknown, message: `${name}: in other words` })
    })
  )

  it.scopedLive.each([
    [Status.RESOURCE_EXHAUSTED, "grpc: received message larger than max (5000000 vs. 4194304)"],
    [Status.RESOURCE_EXHAUSTED, "grpc: received message after decompression larger than max 4194304"],
    [Status.RESOURCE_EXHAUSTED, "Received message that decompresses to a size larger than 4194304"],
    [Status.RESOURCE_EXHAUSTED, "gRPC message exceeds maximum size 4194304: 5000000"],
    [Status.RESOURCE_EXHAUSTED, "Received message exceeds the maximum configured message size."],
    [Status.OUT_OF_RANGE, "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes"]
  ] as const)("%s says that a message is too large: %s", ([code, details]) =>
    Effect.gen(function* () {
      expect(yield* failing({ code, details })).toMatchObject({ reason: "size", isUnknown: false })
    })
  )

  it.scopedLive("has no secret of ours in its words, and at most 200 characters of them", () =>
    Effect.gen(function* () {
      const details = `no such token: hunter22 ${"x".repeat(1_000)}`
      const said = yield* failing({ code: Status.UNAUTHENTICATED, details }, { headers: { "x-token": "hunter22" } })
      expect(said.message).toBe(`UNAUTHENTICATED: no such token: *** ${"x".repeat(200)}`.slice(0, 17 + 199) + "…")
    })
  )

  it.scopedLive("has no bytes of ours in its words either", () =>
    Effect.gen(function* () {
      const headers = { "x-token-bin": btoa("hunter22") }
      const details = `no such token: hunter22, ${btoa("hunter22")}`
      const said = yield* failing({ code: Status.UNAUTHENTICATED, details }, { headers })
      expect(said.message).toBe("UNAUTHENTICATED: no such token: ***, ***")
    })
  )

  it.scopedLive("asks for a pause with RetryInfo, which makes it worth a retry, and is not longer than allowed", () =>
    Effect.gen(function* () {
      const asks = (seconds: number, nanos = 0, code = Status.RESOURCE_EXHAUSTED) =>
        failing({ code, details: "busy", metadata: retryInfo(seconds, nanos) }, { maxRetryAfterMs: 300_000 })
      const said = { ...refused, reason: "unavailable", message: "RESOURCE_EXHAUSTED: busy" }
      expect(yield* asks(90)).toEqual({ ...said, pauseMs: 90_000 })
      expect(yield* asks(1, 500_000_000)).toEqual({ ...said, pauseMs: 1_500 })
      expect(yield* asks(100_000)).toEqual({ ...said, pauseMs: 300_000 })
      expect(yield* asks(90, 0, Status.UNAVAILABLE)).toMatchObject({ pauseMs: 90_000, isUnknown: false })
      expect(yield* asks(90, 0, Status.INVALID_ARGUMENT)).toMatchObject({ reason: "content", pauseMs: undefined })
    })
  )

  it.scopedLive("with RetryInfo is followed by another attempt after the pause", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector((_, index) =>
        index === 0 ? { code: Status.RESOURCE_EXHAUSTED, details: "busy", metadata: retryInfo(0, 300_000_000) } : ok
      )
      const sender = yield* senderTo(made.url)
      const started = performance.now()
      yield* sender.send(outgoing)
      expect(performance.now() - started).toBeGreaterThan(290)
      expect(made.requests.map(({ path }) => path)).toEqual([paths.metrics, paths.metrics])
      expect(made.connections()).toBe(1)
    })
  )
})

describe("a request over gRPC", () => {
  it.scopedLive("has our bytes, headers as metadata, who sends it and until when an answer is waited for", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      const headers = { "X-Tenant": "one two", "trace-bin": Buffer.from("bytes").toString("base64") }
      const url = new URL(made.url)
      url.username = "me"
      url.password = "p%C3%A4ss"
      const sender = yield* senderTo(url, { headers })
      expect(yield* sender.send(outgoing)).toEqual({ points: 0, message: "" })
      const [request] = made.requests
      expect(request?.body.toString()).toBe("ten bytes!")
      expect(request?.metadata).toMatchObject({
        authorization: `Basic ${Buffer.from("me:päss").toString("base64")}`,
        "trace-bin": Buffer.from("bytes"),
        "x-tenant": "one two",
        "user-agent": expect.stringMatching(/^parametric-portal-server grpc-node-js\/1\.\d+\.\d+$/)
      })
      const left = (request?.deadlineMs ?? 0) - Date.now()
      expect(left).toBeGreaterThan(1_000)
      expect(left).toBeLessThan(2_001)
    })
  )

  it.scopedLive("tells what was rejected of it", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => partialSuccess(3, "too\nold"))
      const sender = yield* senderTo(made.url)
      expect(yield* sender.send(outgoing)).toEqual({ points: 3, message: "too old" })
    })
  )

  it("is looked into as far as one of HTTP is: a long answer holds nothing up", () => {
    const rejects = partialSuccess(2, "too old")
    expect(rejectionIn(Buffer.concat([field(7, Buffer.alloc(60_000)), rejects]), 7)).toEqual({
      points: 2,
      message: "too old"
    })
    expect(rejectionIn(Buffer.concat([field(7, Buffer.alloc(70_000)), rejects]), 7)).toEqual({ points: 0, message: "" })
  })

  it.scopedLive("is compressed where that is wanted", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      const large = { ...outgoing, body: { ...body, bytes: Buffer.alloc(100_000, "x") } }
      yield* (yield* senderTo(made.url, { compression: "gzip" })).send(large)
      const compressed = made.bytes()
      yield* (yield* senderTo(made.url)).send(large)
      expect(made.requests.map(({ body: { length } }) => length)).toEqual([100_000, 100_000])
      expect(compressed).toBeLessThan(5_000)
      expect(made.bytes() - compressed).toBeGreaterThan(100_000)
    })
  )
})

/** A port that takes connections and never answers. */
const listening = (each: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: URL; readonly open: Set<Socket>; readonly close: () => void }>((resume) => {
      const open = new Set<Socket>()
      const server = createServer((socket) => {
        open.add(socket)
        socket.resume()
        socket.on("error", () => {})
        socket.on("close", () => open.delete(socket))
        each(socket)
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          open.forEach((socket) => socket.destroy())
        }
        resume(Effect.succeed({ url: new URL(`http://127.0.0.1:${port}`), open, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

describe("a connection of gRPC", () => {
  it.scopedLive("that hangs ends with the time limit, and a request that is not answered may have been taken", () =>
    Effect.gen(function* () {
      const said = yield* failing("never")
      expect(said).toEqual({
        isRefusedAtOnce: false,
        isReset: false,
        isUnknown: true,
        message: "no answer within 600 ms",
        pauseMs: undefined,
        reason: "unavailable"
      })
    })
  )

  it.scopedLive("that is refused is told by what Node says of it, and nothing was taken", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      yield* made.refuse(true)
      const sender = yield* senderTo(made.url, { timeoutMs: 600 })
      const { isRefusedAtOnce, isReset, isUnknown, message } = yield* Effect.flip(sender.send(outgoing)).pipe(once)
      expect({ isRefusedAtOnce, isReset, isUnknown, message }).toEqual({
        isRefusedAtOnce: true,
        isReset: false,
        isUnknown: false,
        message: `connect ECONNREFUSED 127.0.0.1:${made.port}`
      })
      yield* made.refuse(false)
    })
  )

  it.scopedLive("is made at once when the collector is back, whatever gRPC's own pauses are", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      yield* made.refuse(true)
      const sender = yield* senderTo(made.url, { timeoutMs: 600 })
      for (let times = 0; times < 6; times += 1) {
        yield* Effect.flip(sender.send(outgoing)).pipe(once)
      }
      yield* made.refuse(false)
      yield* sender.send(outgoing).pipe(once)
      expect(made.requests.length).toBe(1)
    })
  )

  it.scopedLive("that is cut with a request on it is tried again, and what was sent may have been taken", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector((_, index) => (index === 1 ? "reset" : ok))
      const sender = yield* senderTo(made.url)
      yield* sender.send(outgoing)
      // Over a connection that has been used before, at once.
      yield* sender.send(outgoing).pipe(once)
      expect(made.connections()).toBe(2)
      const other = yield* grpcCollector(() => "reset")
      const failed = yield* Effect.flip((yield* senderTo(other.url, { timeoutMs: 600 })).send(outgoing)).pipe(once)
      expect({ isReset: failed.isReset, isUnknown: failed.isUnknown }).toEqual({ isReset: true, isUnknown: true })
    })
  )

  it.scopedLive("takes none with it that the program makes once a request has ended", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      const other = yield* listening(() => {})
      const sender = yield* senderTo(made.url)
      yield* sender.send(outgoing)
      const own = connect(Number(other.url.port), "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => own.destroy()))
      yield* Effect.sleep("50 millis")
      yield* sender.cut("telemetry has ended")
      expect(own.destroyed).toBe(false)
    })
  )

  it.scopedLive("is closed when its sender is cut, in whatever state it is", () =>
    Effect.gen(function* () {
      const silent = yield* listening(() => {})
      for (const url of [silent.url, new URL(silent.url.href.replace("http:", "https:"))]) {
        const sender = yield* senderTo(url, { timeoutMs: 60_000 })
        const sending = yield* Effect.fork(Effect.flip(sender.send(outgoing)))
        yield* Effect.sleep("150 millis")
        expect(silent.open.size).toBe(1)
        yield* sender.cut("telemetry has ended")
        const { isUnknown, message } = yield* Fiber.join(sending)
        expect({ isUnknown, message }).toEqual({ isUnknown: false, message: "telemetry has ended" })
        yield* Effect.sleep("100 millis")
        expect(silent.open.size).toBe(0)
      }
    })
  )

  it.scopedLive("that is made after its request was given up carries nothing", () =>
    Effect.gen(function* () {
      let wire = ""
      const late = yield* listening((socket) => {
        socket.on("data", (part) => (wire += part.toString("latin1")))
      })
      const sender = yield* senderTo(late.url, { timeoutMs: 60_000 })
      const sending = yield* Effect.fork(Effect.flip(sender.send(outgoing)))
      yield* Effect.sleep("100 millis")
      yield* sender.giveUp("it is late")
      // A server's settings, after which gRPC would send what waits.
      late.open.forEach((socket) => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])))
      yield* Effect.sleep("100 millis")
      expect(yield* Fiber.join(sending)).toMatchObject({ message: "it is late", isUnknown: false })
      expect(wire).not.toContain("ten bytes!")
    })
  )

  it.scopedLive("is tried once more and no longer where nobody gave the address and nothing listens", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      yield* made.refuse(true)
      const sender = yield* senderTo(made.url, { isAssumed: true, timeoutMs: 60_000 }, true)
      const started = performance.now()
      expect((yield* Effect.flip(sender.send(outgoing))).message).toContain("ECONNREFUSED")
      expect(performance.now() - started).toBeGreaterThan(400)
      expect(performance.now() - started).toBeLessThan(10_000)
      yield* made.refuse(false)
    })
  )
})

describe("TLS of gRPC", () => {
  it.scopedLive("shows the client's certificate, and takes those of changed files for the next request", () =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const made = yield* grpcCollector(() => ok, { tls: own })
      const { files, home } = yield* tlsHome(contentOf(own, own.issue("before")))
      const { cert: ca } = contentsOf(own)
      const tls = { ca, ...contentsOf(own.issue("before")) }
      const sender = yield* senderTo(new URL(made.url.href.replace("127.0.0.1", "localhost")), { tls, tlsFiles: files })
      yield* sender.send(outgoing)
      changes["renamed over"](home, contentOf(own, own.issue("after")))
      made.cut()
      yield* Effect.sleep("50 millis")
      yield* sender.send(outgoing)
      expect(made.requests.map(({ client }) => client)).toEqual(["before", "after"])
    })
  )

  it.scopedLive("that fails is told in the words of HTTP's", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* authority("own"), yield* authority("other")]
      const made = yield* grpcCollector(() => ok, { tls: own })
      const url = new URL(made.url.href.replace("127.0.0.1", "localhost"))
      const ca = contentsOf(own).cert
      const said = (to: URL, tls: SenderSettings["tls"]) =>
        Effect.flatMap(senderTo(to, { tls, timeoutMs: 600 }), (sender) =>
          Effect.map(Effect.flip(sender.send(outgoing)).pipe(once), ({ message }) => message)
        )
      expect(yield* said(url, { ca })).toBe(
        "tlsv13 alert certificate required; the collector asks for a client certificate: name it in " +
          "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in OTEL_EXPORTER_OTLP_CLIENT_KEY"
      )
      const asking = yield* opensslServer(own, own, "-tls1_3")
      const stranger = { ca, ...contentsOf(other.issue("app")) }
      expect(yield* said(new URL(`https://localhost:${asking.port}`), stranger)).toMatch(/^tlsv1 alert unknown ca; /)
      // Node's own server closes without a word.
      expect(yield* said(url, stranger)).toBe(
        "Failed to connect; is it http:// instead of https://, or does the collector ask for a client certificate: " +
          "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE?"
      )
      expect(yield* said(url, {})).toMatch(
        /^self-signed certificate in .*; the collector's certificate is of an unknown authority; name the authority's/
      )
      expect(yield* said(new URL(url.href.replace("https", "http")), {})).toBe(
        "Failed to connect; if the port speaks TLS, it is https://"
      )
      const plain = yield* grpcCollector(() => ok)
      expect(yield* said(new URL(plain.url.href.replace("http", "https")), { ca })).toBe(
        "wrong version number; the port does not speak TLS: is it http:// instead of https://?"
      )
    })
  )
})
