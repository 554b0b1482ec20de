/** The page: asks what it is served for, then shows it. */
import "./styles/base.css"
import "./styles/metrics.css"
import { render } from "preact"
import { effect } from "@preact/signals"
import { App } from "./app.tsx"
import { configuration, loadConfiguration } from "./configuration.ts"
import { connect } from "./live/live.ts"

const root = document.getElementById("app")
if (root !== null) {
  void loadConfiguration()
  // Before anything is drawn: what it asks for takes a while to come.
  effect(() => (configuration.value?.hasMetrics === true ? connect() : undefined))
  render(<App />, root)
}
