/** The page asks for what it shows at once; what draws it (`draw.tsx`), which is larger, arrives meanwhile. */
import "./styles/base.css"
import "./styles/metrics.css"
import { effect } from "@preact/signals"
import { configuration, loadConfiguration } from "./configuration.ts"
import { connect } from "./live/live.ts"

void loadConfiguration()
effect(() => (configuration.value?.hasMetrics === true ? connect() : undefined))
