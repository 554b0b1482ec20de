import { unit } from "../../vitest.package.ts"

export default unit("job-server", ["./test/compiled-programs.ts"])
