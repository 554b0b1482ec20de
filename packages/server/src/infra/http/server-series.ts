/** The series of a server's requests: bound once for each set of labels, so that a request resolves none. */
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import type { Ambient } from "../../observe/instrument/label.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import type { Method } from "./request-attributes.ts"

/** What is known of a request when it arrives. */
export interface Arrival {
  readonly method: Method
  readonly scheme: string
  readonly ambient: Ambient
}

/** What is known of it when it has ended. */
export interface Answer {
  readonly route: string | undefined
  readonly status: number | undefined
  readonly errorType: string | undefined
}

/** The series of one set of labels. A size is bound when the first one is recorded. */
export class ServedSeries {
  readonly duration: Series
  private readonly labels: Readonly<Record<ServerLabel, string | undefined>>
  private readonly ambient: Ambient
  private readonly handles: MetricsService["http"]
  private requestSeries: Series | undefined = undefined
  private responseSeries: Series | undefined = undefined

  constructor(handles: MetricsService["http"], { ambient, method, scheme }: Arrival, answer: Answer) {
    this.handles = handles
    this.ambient = ambient
    this.labels = {
      http_request_method: method,
      url_scheme: scheme,
      http_route: answer.route,
      http_response_status_code: answer.status === undefined ? undefined : String(answer.status),
      error_type: answer.errorType
    }
    this.duration = bind(handles.serverRequestDuration, this.labels, ambient)
  }

  get requestSize(): Series {
    this.requestSeries ??= bind(this.handles.serverRequestBodySize, this.labels, this.ambient)
    return this.requestSeries
  }

  get responseSize(): Series {
    this.responseSeries ??= bind(this.handles.serverResponseBodySize, this.labels, this.ambient)
    return this.responseSeries
  }
}

type ServerLabel = MetricsService["http"]["serverRequestDuration"]["labelNames"][number]

/** All series of the requests to the servers of one registry. */
export class ServerSeries {
  private readonly handles: MetricsService["http"]
  private readonly active: Bindings<Series>
  private readonly served: Bindings<ServedSeries>

  constructor(metrics: MetricsService) {
    const { http, meter } = metrics
    this.handles = http
    this.active = new Bindings(meter)
    this.served = new Bindings(meter)
  }

  /** The requests under way that are like this one. */
  activeOf({ ambient, method, scheme }: Arrival): Series {
    const branch = this.active.under(ambient).at(method).at(scheme)
    branch.bound ??= bind(
      this.handles.serverActiveRequests,
      { http_request_method: method, url_scheme: scheme },
      ambient
    )
    return branch.bound
  }

  /** Those that ended like this one. */
  servedOf(arrival: Arrival, answer: Answer): ServedSeries {
    const { errorType, route, status } = answer
    const branch = this.served
      .under(arrival.ambient)
      .at(arrival.method)
      .at(arrival.scheme)
      .at(route)
      .at(status === undefined ? undefined : String(status))
      .at(errorType)
    branch.bound ??= new ServedSeries(this.handles, arrival, answer)
    return branch.bound
  }
}
