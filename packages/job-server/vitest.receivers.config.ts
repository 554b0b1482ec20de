import { withReceivers } from "../../vitest.package.ts"

export default withReceivers("job-server", [], ["./test/compiled-programs.ts"])
