/** What to record of a cluster: the options of `ClusterMetrics` and of the ready-made runners. */

/** What to record. All but `semconv` is on by default; a part that is off costs nothing. */
export interface ClusterMetricsOptions {
  /**
   * Entity types to leave out, by their exact name: none of their messages, activations or client calls is recorded.
   * Use it for types with so many messages that a microsecond for each is too much. The entity types of workflows are
   * always left out: `infra/workflow` counts workflows.
   */
  readonly exclude?: ReadonlyArray<string> | undefined
  /**
   * The label `message` on what is counted per message: the tag of the RPC, so as many values as the protocol has RPCs.
   * `true` by default; with `false` there is one series for each entity type instead of one for each RPC.
   */
  readonly messageLabels?: boolean | undefined
  /** Calls of entity clients, `operation="send"`; `true` by default. */
  readonly clients?: boolean | undefined
  /** Entities, and the messages that reach their handlers, `operation="receive"`; `true` by default. */
  readonly entities?: boolean | undefined
  /**
   * Whether what `clients` and `entities` record of messages is also recorded under OpenTelemetry's names
   * (`messaging.client.sent.messages`, …), which the queue dashboards of vendors read; `false` by default.
   */
  readonly semconv?: boolean | undefined
  /** Runs of singletons; `true` by default. */
  readonly singletons?: boolean | undefined
  /** Operations of the message and runner storage, duplicates, and redeliveries from storage; `true` by default. */
  readonly storage?: boolean | undefined
  /** Shards that this runner holds, acquires, releases and loses; `true` by default. */
  readonly shards?: boolean | undefined
  /** Sends to other runners, and checks of their health; `true` by default. */
  readonly runners?: boolean | undefined
}

/** What is needed of an entity: its type, and the RPCs of its protocol by tag. */
export interface EntityType {
  readonly type: string
  readonly protocol: { readonly requests: ReadonlyMap<string, unknown> }
}

/** Is the entity type recorded: neither excluded by the options nor one of a workflow. */
export const isObserved = (type: string, { exclude = [] }: ClusterMetricsOptions): boolean =>
  !exclude.includes(type) && !type.startsWith("Workflow/")

/** The label `message`; absent where the options turn it off. */
export const messageLabel = (tag: string, { messageLabels = true }: ClusterMetricsOptions): string | undefined =>
  messageLabels ? tag : undefined

/** The prefix of the names of this library's own singletons, which are not counted. */
export const ownPrefix = "@parametric-portal/server/"
