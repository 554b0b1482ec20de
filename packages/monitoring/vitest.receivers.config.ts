import { withReceivers } from "../../vitest.package.ts"

// Rules and queries on Prometheus 3; Debian's is older.
export default withReceivers("monitoring", ["test/e2e/prometheus.test.ts"])
