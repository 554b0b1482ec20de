/** The instrumentation scopes that metrics go out under: ours, and one for everything else that Effect registers. */
import * as ModuleVersion from "effect/ModuleVersion"

/** The version of this package; a test compares it with `package.json`. */
export const version = "0.1.0"

/** The scope of metrics of our catalogue and of those defined with `MetricsService.define`. */
export const ownScope = { name: "@parametric-portal/server", version }

/** The scope of every other metric in an Effect registry. */
export const externalScope = { name: "effect", version: ModuleVersion.getCurrentVersion() }
