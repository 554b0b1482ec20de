import { withReceivers } from "../../vitest.package.ts"

// Rules and queries on Prometheus 3; Debian's is older.
export default withReceivers("monitoring", ["test/alerts.test.ts", "test/prometheus.test.ts"])
