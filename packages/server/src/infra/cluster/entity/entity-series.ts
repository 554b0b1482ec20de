/** The series that the entities of one type move when they come, are rebuilt and go. */
import type { deactivationReasons } from "../../../observe/catalogue/cluster.ts"
import type { FailedOutcome } from "../../../observe/catalogue/outcome.ts"
import { bind, bindEach } from "../../../observe/instrument/bind.ts"
import type { Ambient } from "../../../observe/instrument/label.ts"
import type { Series } from "../../../observe/instrument/series.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { bound } from "../bound-series.ts"

/** Why an entity was deactivated. */
export type DeactivationReason = (typeof deactivationReasons)[number]

/** The series of one entity type. */
export interface EntitySeries {
  readonly activations: Series
  readonly restarts: Series
  readonly active: Series
  readonly lifetime: Series
  readonly building: (outcome: FailedOutcome | undefined) => Series
  readonly deactivations: (reason: DeactivationReason) => Series
}

/** The series of one entity type: bound once, and again after a removal. */
export const entitySeries = (metrics: MetricsService, entity_type: string, ambient: Ambient): (() => EntitySeries) => {
  const { cluster, meter } = metrics
  return bound(meter, () => ({
    activations: bind(cluster.entityActivations, { entity_type }, ambient),
    restarts: bind(cluster.entityRestarts, { entity_type }, ambient),
    active: bind(cluster.entitiesActive, { entity_type }, ambient),
    lifetime: bind(cluster.entityLifetime, { entity_type }, ambient),
    building: bindEach(cluster.activationDuration, "outcome", { labels: { entity_type }, ambient }),
    deactivations: (reason) => bind(cluster.entityDeactivations, { entity_type, reason }, ambient)
  }))
}
