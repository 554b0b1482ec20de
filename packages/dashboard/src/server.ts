/** The receiver with the page on its port: what `npx @parametric-portal/dashboard` runs. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { makeLive } from "./live.ts"
import { pageApp } from "./page-app.ts"
import { type PageFiles, PageNotBuilt, readPageFiles } from "./page-files.ts"
import {
  defaultStoreLimit,
  type ListenFailed,
  type PortInUse,
  Receiver,
  type ReceiverOptions,
  type ReceiverService
} from "./receiver/receiver.ts"

export interface DashboardOptions extends Omit<ReceiverOptions, "observer" | "records" | "others"> {
  /** Where the built page is. */
  readonly pageFolder?: string
  /** The most memory that traces take, in bytes; the default is 64 MiB. */
  readonly tracesLimit?: number
  /** How many pages may look at once; the default is 64. */
  readonly maxViewers?: number
}

/** A receiver whose address, without a path, is that of the page. It is closed with the scope. */
export const makeDashboard = (
  options: DashboardOptions = {}
): Effect.Effect<ReceiverService, PageNotBuilt | PortInUse | ListenFailed, Scope> =>
  Effect.gen(function* () {
    const files = yield* readFiles(options.pageFolder)
    const { maxViewers = 64, storeLimit = defaultStoreLimit, tracesLimit } = options
    const live = yield* makeLive({ storeLimit, maxViewers, ...(tracesLimit === undefined ? {} : { tracesLimit }) })
    let origin = ""
    const others = pageApp({ files, live, origin: () => origin })
    const receiver = yield* Receiver.make({ ...options, observer: live.observer, records: live.traces, others })
    origin = new URL(receiver.url).origin
    return receiver
  })

const readFiles = (folder: string | undefined): Effect.Effect<PageFiles, PageNotBuilt> =>
  Effect.try({
    try: () => readPageFiles(folder),
    catch: (error) => (error instanceof PageNotBuilt ? error : new PageNotBuilt(folder ?? "", error))
  })
