/** The frame around the screens: what is connected, where one can go, and the screen itself. */
import type { ComponentType } from "preact"
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { configuration, configurationProblem } from "./configuration.ts"
import { hrefOf } from "./address.ts"
import { KeyList } from "./frame/key-list.tsx"
import { LiveControls } from "./frame/live-controls.tsx"
import { useKeys } from "./keyboard.ts"
import { go, route } from "./route.ts"
import { Health } from "./screens/health.tsx"
import { Job } from "./screens/job.tsx"
import { Jobs } from "./screens/jobs.tsx"
import { Metric } from "./screens/metric.tsx"
import { Overview } from "./screens/overview.tsx"
import { Node } from "./screens/node.tsx"
import { Series } from "./screens/series.tsx"
import { Server } from "./screens/server.tsx"
import { Trace } from "./screens/trace.tsx"
import { Traces } from "./screens/traces.tsx"

interface Screen {
  readonly name: string
  readonly title: string
  readonly needs: "hasMetrics" | "hasJobs"
  /** Shown in place of the screen where the address has a subject. */
  readonly ofSubject?: ComponentType
  readonly all: ComponentType
}

/** In the order of the navigation; the first that can be shown is where one begins. Their keys are 1 to 7. */
const screens: ReadonlyArray<Screen> = [
  { name: "overview", title: "Overview", needs: "hasMetrics", all: Overview },
  { name: "series", title: "Series", needs: "hasMetrics", all: Series, ofSubject: Metric },
  { name: "health", title: "Health", needs: "hasMetrics", all: Health },
  { name: "jobs", title: "Jobs", needs: "hasJobs", all: Jobs, ofSubject: Job },
  { name: "server", title: "Server", needs: "hasMetrics", all: Server },
  { name: "node", title: "Node", needs: "hasMetrics", all: Node },
  { name: "trace", title: "Traces", needs: "hasMetrics", all: Traces, ofSubject: Trace }
]

export const App = () => {
  const config = configuration.value
  const problem = configurationProblem.value
  const there = config === undefined ? [] : screens.filter(({ needs }) => config[needs])
  const { screen, subject } = route.value
  const shown = there.find(({ name }) => name === screen) ?? there[0]
  useEffect(() => {
    document.title = shown === undefined ? "Metrics and jobs" : `${shown.title} · Metrics and jobs`
  }, [shown])
  const areKeysShown = useSignal(false)
  // The range of charts goes along from screen to screen.
  const linkTo = (name: string): string => hrefOf(name, "", { range: route.value.parameters.get("range") ?? undefined })
  useKeys([
    ...there.map(({ name, title }) => ({
      key: String(screens.findIndex((one) => one.name === name) + 1),
      does: title,
      run: () => go(linkTo(name))
    })),
    { key: "?", does: "this list", run: () => (areKeysShown.value = true) }
  ])
  const Shown = shown === undefined ? undefined : subject === "" ? shown.all : (shown.ofSubject ?? shown.all)
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <header class="top">
        <h1>Metrics and jobs</h1>
        <nav aria-label="Screens">
          {there.map(({ name, title }) => (
            <a key={name} href={linkTo(name)} aria-current={name === shown?.name ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="controls">
          {config?.hasMetrics === true && <LiveControls />}
          <button type="button" aria-label="Keys" title="Keys (?)" onClick={() => (areKeysShown.value = true)}>
            ?
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {problem !== undefined && <p role="alert">The server can't be reached: {problem} Trying again …</p>}
        {Shown !== undefined && <Shown />}
      </main>
      {areKeysShown.value && <KeyList onClose={() => (areKeysShown.value = false)} />}
    </>
  )
}

/** The part after `#` is the screen, so that a link to an element would leave it. */
const skip = (event: Event): void => {
  event.preventDefault()
  document.getElementById("main")?.focus()
}
