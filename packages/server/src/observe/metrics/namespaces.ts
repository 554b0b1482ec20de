/** The handles of all namespaces of the catalogue. */
import * as Effect from "effect/Effect"
import { cache } from "../catalogue/cache.ts"
import { cluster } from "../catalogue/cluster.ts"
import { db } from "../catalogue/db.ts"
import { http } from "../catalogue/http.ts"
import { jobs } from "../catalogue/jobs.ts"
import { messaging } from "../catalogue/messaging.ts"
import { pool } from "../catalogue/pool.ts"
import { rpc } from "../catalogue/rpc.ts"
import { runtime } from "../catalogue/runtime.ts"
import { telemetry } from "../catalogue/telemetry.ts"
import { workflow } from "../catalogue/workflow.ts"
import type { DefinitionError } from "../instrument/definition-error.ts"
import type { CatalogueHandles } from "../instrument/handles.ts"
import type { DefineOptions } from "../instrument/define-options.ts"
import { handlesOf, type Meter } from "../instrument/meter.ts"

/** Defines every row of the catalogue. */
export const catalogueHandles = (
  meter: Meter,
  options: DefineOptions
): Effect.Effect<CatalogueHandles, DefinitionError> =>
  Effect.gen(function* () {
    return {
      jobs: yield* handlesOf(meter, jobs, options),
      cluster: yield* handlesOf(meter, cluster, options),
      workflow: yield* handlesOf(meter, workflow, options),
      messaging: yield* handlesOf(meter, messaging, options),
      http: yield* handlesOf(meter, http, options),
      db: yield* handlesOf(meter, db, options),
      rpc: yield* handlesOf(meter, rpc, options),
      runtime: yield* handlesOf(meter, runtime, options),
      pool: yield* handlesOf(meter, pool, options),
      cache: yield* handlesOf(meter, cache, options),
      telemetry: yield* handlesOf(meter, telemetry, options)
    }
  })
