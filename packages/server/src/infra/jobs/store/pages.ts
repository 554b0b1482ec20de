/** Pages of jobs by state and type. */
import * as Effect from "effect/Effect"
import type { ReadOperations } from "./operations.ts"
import type { Session } from "./session.ts"

/** This read over open tables. */
export const pages = (session: Session): Pick<ReadOperations, "page"> => ({
  page: () => session.ours(Effect.succeed([]))
})
