/** The page: asks what it is served for, then shows it. */
import "./styles/base.css"
import "./styles/metrics.css"
import { render } from "preact"
import { App } from "./app.tsx"
import { loadConfiguration } from "./configuration.ts"

const root = document.getElementById("app")
if (root !== null) {
  render(<App />, root)
  void loadConfiguration()
}
