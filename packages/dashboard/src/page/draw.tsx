/** Draws the page. */
import "./main.ts"
import { render } from "preact"
import { App } from "./app.tsx"

const root = document.getElementById("app")
if (root !== null) {
  render(<App />, root)
}
