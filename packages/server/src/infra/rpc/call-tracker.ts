/** Tracks the calls of one method: how many are under way, and how long each took. */
import type { MetricsService } from "../../observe/metrics.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { errorTypeOf } from "../../observe/track/error-type.ts"
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { Ending, Start, Tracker, Watcher } from "../../observe/track/watch.ts"
import type { Arrival } from "./arrivals.ts"

/** Whose calls: the server's or the client's. */
export interface CallHandles {
  readonly active: MetricsService["rpc"]["serverCallsActive"]
  readonly duration: MetricsService["rpc"]["serverCallDuration"]
}

/** The label `rpc_system_name`. */
const rpc_system_name = "effect_rpc"

const notCounted: Ending = { ended: () => undefined }

/** The tracker of one method. Its gauge is there, at 0, from now on. */
export class CallTracker implements Tracker<Arrival | undefined> {
  readonly site = "rpc"
  readonly meter: Meter
  readonly method: string
  private readonly handles: CallHandles
  private readonly labels: { readonly rpc_system_name: string; readonly rpc_method: string }
  private readonly active: Bindings<Series>
  private readonly durations: Bindings<Series>

  constructor(meter: Meter, handles: CallHandles, method: string) {
    this.meter = meter
    this.method = method
    this.handles = handles
    this.labels = { rpc_system_name, rpc_method: method }
    this.active = new Bindings(meter)
    this.durations = new Bindings(meter)
    this.activeUnder([])
  }

  begin(arrival: Arrival | undefined, start: Start): Ending {
    const { ambient } = start
    const isCounted = arrival?.begin() === false
    const active = this.activeUnder(ambient)
    active.add(1)
    return {
      ended: (outcome, seconds) => {
        active.add(-1)
        if (!isCounted) {
          this.durationOf(errorTypeOf(outcome), ambient).record(seconds, start)
        }
      }
    }
  }

  /** Records how a call ends that never reaches its handler. */
  withoutHandler(): Watcher {
    return {
      site: this.site,
      meter: this.meter,
      ended: (outcome, seconds, start) => this.durationOf(errorTypeOf(outcome), start.ambient).record(seconds, start)
    }
  }

  /** Records what ends a call in a middleware, before its handler: the outcomes that do. */
  guarding(endsCall: (outcome: Outcome) => boolean): Tracker<Arrival | undefined> {
    const ended: Ending["ended"] = (outcome, seconds, start) => {
      if (endsCall(outcome)) {
        this.durationOf(errorTypeOf(outcome), start.ambient).record(seconds, start)
      }
    }
    return {
      site: this.site,
      meter: this.meter,
      begin: (arrival) => (arrival?.begin() === false ? notCounted : { ended })
    }
  }

  private activeUnder(ambient: Start["ambient"]): Series {
    const branch = this.active.under(ambient)
    branch.bound ??= bind(this.handles.active, this.labels, ambient)
    return branch.bound
  }

  private durationOf(error_type: string | undefined, ambient: Start["ambient"]): Series {
    const branch = this.durations.under(ambient).at(error_type)
    branch.bound ??= bind(this.handles.duration, { ...this.labels, error_type }, ambient)
    return branch.bound
  }
}
