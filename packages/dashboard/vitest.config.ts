import { unit } from "../../vitest.package.ts"

export default unit("dashboard")
