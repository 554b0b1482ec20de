/** What the configuration of this repository makes. */
import path from "node:path"
import { load } from "./config/load.ts"
import { monitoringOf } from "./monitoring.ts"

export const { settings } = await load(path.resolve(import.meta.dirname, "../../.."))

export const repository = monitoringOf(settings)
