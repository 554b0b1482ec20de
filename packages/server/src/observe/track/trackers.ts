/** The trackers of a meter. */
import type { HandlesOf } from "../instrument/instrument.ts"
import type { cluster } from "../catalogue/cluster.ts"
import type { jobs } from "../catalogue/jobs.ts"
import type { Meter } from "../instrument/meter.ts"
import { ClusterTracker } from "./track-cluster.ts"
import { JobTracker } from "./track-job.ts"

/** What watches jobs and cluster operations. */
export interface Trackers {
  readonly jobTracker: JobTracker
  readonly clusterTracker: ClusterTracker
}

interface Handles {
  readonly jobs: HandlesOf<typeof jobs>
  readonly cluster: HandlesOf<typeof cluster>
}

/** The trackers of a meter, made once: what runs is known to one of them, whoever asked for the service. */
export const trackersOf = (meter: Meter, handles: Handles): Trackers => {
  const known = trackers.get(meter)
  const made = known ?? {
    jobTracker: new JobTracker(handles.jobs, meter),
    clusterTracker: new ClusterTracker(handles.cluster, meter)
  }
  trackers.set(meter, made)
  return made
}

const trackers = new WeakMap<Meter, Trackers>()
