/** A job for tests. */
import type { JobView } from "../../src/page/jobs/shapes.ts"

/** One that waits, accepted at 1000; what is given is different. */
export const jobWith = (job: Partial<JobView> = {}): JobView => ({
  id: "a",
  jobType: "digest",
  state: "ready",
  priority: "normal",
  attempt: 0,
  acceptedAt: 1000,
  dueAt: 1000,
  replays: 0,
  redeliveries: 0,
  errors: [],
  ...job
})
