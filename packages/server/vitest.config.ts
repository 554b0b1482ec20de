import { unit } from "../../vitest.package.ts"

export default unit("server", ["./test/support/shared-postgres.ts"])
