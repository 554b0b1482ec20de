/**
 * One PostgreSQL for all test files of a run, started when the first of them asks for it: whoever gets the page at this
 * address gets its port. vitest runs this once, beside its workers; `Postgres.layer` asks.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly postgres: string
  }
}

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  let started: Promise<Started> | undefined
  const server = createServer((_, response) => {
    started ??= start()
    started.then(
      ({ port }) => response.end(String(port)),
      (error) => response.writeHead(500).end(String(error))
    )
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  project.provide("postgres", `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`)
  return async () => {
    server.close()
    await (await started)?.stop()
  }
}

interface Started {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Loaded only when it is asked for: most runs of a single file need no database. */
const start = async (): Promise<Started> => {
  const [{ startPostgres }, Effect, Exit, Scope] = await Promise.all([
    import("./postgres.ts"),
    import("effect/Effect"),
    import("effect/Exit"),
    import("effect/Scope")
  ])
  const scope = await Effect.runPromise(Scope.make())
  const { port } = await Effect.runPromise(Scope.extend(startPostgres, scope))
  return { port, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
