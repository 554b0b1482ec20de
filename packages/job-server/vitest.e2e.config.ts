import { endToEnd } from "../../vitest.package.ts"

export default endToEnd("job-server", ["./test/compiled-programs.ts"])
