import { endToEnd } from "../../vitest.package.ts"

export default endToEnd("dashboard")
