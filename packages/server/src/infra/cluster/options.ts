/** What of a cluster to watch: the options of `ClusterMetrics` and of the ready-made runners. */
/** What to watch. Everything is on unless it is turned off; each part costs nothing when it is off. */
export interface ClusterMetricsOptions {
  /**
   * Entity types to leave out, by their exact name: no messages, activations or client calls of theirs are recorded.
   * For types whose messages are too many to be worth a microsecond each. Workflows and durable clocks are always left
   * out here, `infra/workflow` counts them.
   */
  readonly exclude?: ReadonlyArray<string> | undefined
  /**
   * The label `message` (the RPC's tag, bounded by the protocol) on what is counted per message; `true` unless given.
   * `false` has one series an entity type instead of one an RPC.
   */
  readonly messageLabels?: boolean | undefined
  /** Calls of entity clients: `operation="send"`. */
  readonly clients?: boolean | undefined
  /** Activations and deactivations of entities, and the messages that reach their handlers: `operation="receive"`. */
  readonly entities?: boolean | undefined
  /** Runs of singletons. */
  readonly singletons?: boolean | undefined
  /** Operations of the message and runner storage, duplicates, and redeliveries from storage. */
  readonly storage?: boolean | undefined
  /** Shards that this runner holds, takes and loses. */
  readonly shards?: boolean | undefined
  /** Tries to reach other runners, and checks of their health. */
  readonly runners?: boolean | undefined
}

/** What is read of an entity: its type, and the RPCs of its protocol by tag. */
export interface EntityType {
  readonly type: string
  readonly protocol: { readonly requests: ReadonlyMap<string, unknown> }
}

/** Is the entity type counted here: neither left out by the options nor internal to workflows. */
export const isObserved = (type: string, { exclude = [] }: ClusterMetricsOptions): boolean =>
  !exclude.includes(type) && !type.startsWith("Workflow/")

/** The label `message`, absent where the options turn it off. */
export const messageLabel = (tag: string, { messageLabels = true }: ClusterMetricsOptions): string | undefined =>
  messageLabels ? tag : undefined

/** What the names of this library's own singletons begin with; they are not counted. */
export const ownPrefix = "@parametric-portal/server/"
