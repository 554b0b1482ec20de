/** The door of a running job server: what `npm run jobs` asks for from another terminal is done here. */
import { type JobError, JobService, type JobStatus } from "@parametric-portal/server/infra/jobs"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { type Answer, AnswerJson, type JobAnswer, type Question, QuestionJson } from "./control-api-protocol.ts"
import { putSign } from "./server-registration.ts"
import { jobTypes } from "../server/job-types.ts"
import { say, type Screen } from "../demo/screen.ts"
import type { Rest } from "../demo/sample-tracker.ts"
import { JobType } from "../server/work.ts"

export interface DoorOptions {
  /** The folder that the server works on. */
  readonly folder: string
  readonly rest: Rest
  readonly screen: Screen
  /** Called for each job that is submitted here. */
  readonly submitted: () => void
}

/** Opens the door until the scope ends, and says so on the screen. */
export const openDoor = (options: DoorOptions): Effect.Effect<void, never, JobService | Scope> =>
  Effect.gen(function* () {
    const { folder, rest, screen } = options
    const run = Runtime.runPromise(yield* Effect.runtime<JobService>())
    const word = randomBytes(24).toString("base64url")
    const settle = Effect.forkIn(Effect.ignore(rest.settle), yield* Effect.scope)
    const answer = (text: string) => run(Effect.flatMap(answerTo(text, options), (said) => Effect.as(settle, said)))
    const port = yield* listen((request) =>
      request.headers.authorization === `Bearer ${word}`
        ? bodyOf(request).then(answer)
        : Promise.resolve(encode(refusal("The server was asked without its word: use npm run jobs")))
    )
    yield* putSign({ pid: process.pid, port, word, folder })
    yield* say(
      screen,
      `From another terminal: npm run jobs -- submit digest <file> (this is the server at port ${port}).`
    )
  }).pipe(Effect.catchAll(({ message }) => say(options.screen, `npm run jobs can't reach this server: ${message}.`)))

/** How long a question may take; the cluster itself gives up after half a minute. */
const answersWithin = "35 seconds"

const answerTo = (text: string, options: DoorOptions): Effect.Effect<string, never, JobService> =>
  Effect.matchEffect(Schema.decode(QuestionJson)(text), {
    onFailure: ({ message }) => Effect.succeed(refusal(`The server does not know this question: ${message}`)),
    onSuccess: (question) => Effect.map(ask(question, options), (answer): Answer => answer)
  }).pipe(
    Effect.timeoutFail({
      duration: answersWithin,
      onTimeout: () => ({ message: `The server could not do it within ${answersWithin}: ask for the status later` })
    }),
    Effect.catchAll(({ message }) => Effect.succeed(refusal(message))),
    Effect.catchAllCause((cause) =>
      Effect.succeed(refusal(`The server failed: ${Cause.pretty(cause).split("\n")[0]}`))
    ),
    Effect.map(encode)
  )

const refusal = (message: string): Answer => ({ _tag: "Refusal", message })

const encode = (answer: Answer): string => encodeAnswer(answer)
const encodeAnswer = Schema.encodeSync(AnswerJson)

/** What changes something stirs before and after, so that nothing counts as settled in between. */
const ask = (question: Question, options: DoorOptions): Effect.Effect<Answer, JobError, JobService> => {
  const stir = Effect.sync(options.rest.stir)
  switch (question._tag) {
    case "Submit":
      return Effect.ensuring(Effect.zipRight(stir, submit(question, options)), stir)
    case "Cancel":
      return Effect.ensuring(Effect.zipRight(stir, change(question, options)), stir)
    case "Replay":
      return Effect.ensuring(Effect.zipRight(stir, change(question, options)), stir)
    case "Status":
      return status(question.id)
    case "Dead":
      return Effect.flatMap(JobService, ({ deadLetters }) =>
        Effect.map(
          deadLetters.list({ jobType: question.type, limit: question.limit, after: question.after }),
          (page): Answer => ({ _tag: "DeadLetters", ...page })
        )
      )
    case "Depth":
      return Effect.flatMap(JobService, ({ depth }) =>
        Effect.map(depth, (depths): Answer => ({ _tag: "Depths", depths }))
      )
  }
}

type Of<Tag extends Question["_tag"]> = Extract<Question, { readonly _tag: Tag }>

const submit = ({ file, priority, type }: Of<"Submit">, { screen, submitted }: DoorOptions) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* jobs.submit(jobTypes[type], { file, busyAttempts: 0, waitMs: 0 }, { priority })
    submitted()
    yield* say(screen, `${type} ${file} was submitted from another terminal: ${id}`)
    return yield* status(id)
  })

/** What a job must be for this, in the words of a refusal. */
const expected = {
  Cancel: { was: "cancelled", expected: "expected one that waits or runs: only those can be cancelled" },
  Replay: { was: "put back to work", expected: "expected a dead letter: npm run jobs -- dead lists them" }
} as const

const change = ({ _tag, id }: Of<"Cancel" | "Replay">, { screen }: DoorOptions) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const made = yield* Effect.either(_tag === "Cancel" ? jobs.cancel(id) : jobs.deadLetters.replay(id))
    const now = yield* status(id)
    if (made._tag === "Right") {
      yield* say(screen, `${id} was ${expected[_tag].was} from another terminal.`)
      return now
    }
    const { message, reason } = made.left
    if (now._tag === "Refusal" || (reason !== "NotFound" && reason !== "AlreadyCancelled")) {
      return now._tag === "Refusal" ? now : refusal(`${id}: ${message}`)
    }
    return refusal(`${id} is ${now.job.state}, ${expected[_tag].expected}`)
  })

const status = (id: string) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const job: JobAnswer = { ...(yield* jobs.status(id)) }
    const result = yield* resultOf(job)
    const answer = { _tag: "Job" as const, job: result === undefined ? job : { ...job, result } }
    return answer satisfies Answer
  }).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "NotFound",
      () =>
        Effect.succeed({
          _tag: "Refusal" as const,
          message:
            `${JSON.stringify(id)} is no job of this server, expected an id that submit printed: ` +
            "npm run jobs -- dead lists the ids of the dead letters"
        })
    )
  )

const resultOf = ({ id, jobType, state }: Pick<JobStatus, "id" | "jobType" | "state">) =>
  Effect.gen(function* () {
    if (state !== "completed" || !Schema.is(JobType)(jobType)) return undefined
    const result = yield* Effect.flatMap(JobService, (jobs) => jobs.result(jobTypes[jobType], id))
    return result._tag === "Completed" ? result.value : undefined
  })

/** A server on a free port of the loopback; connections that are open when the scope ends are cut. */
const listen = (answer: (request: IncomingMessage) => Promise<string>) =>
  Effect.acquireRelease(
    Effect.async<Server, { readonly message: string }>((resume) => {
      const server = createServer((request, response) => {
        answer(request).then(
          (text) => response.setHeader("content-type", "application/json").end(text),
          () => response.destroy()
        )
      })
      server.once("error", (error) => resume(Effect.fail({ message: error.message })))
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    })
  )

/** A question is short. */
const mostBytes = 64 * 1024

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk
    if (text.length > mostBytes) break
  }
  return text
}
