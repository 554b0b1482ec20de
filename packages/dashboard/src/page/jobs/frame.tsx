/** What both screens of jobs have around them: find, who reads, whether the server answers, what was done. */
import type { ComponentChildren } from "preact"
import { useEffect } from "preact/hooks"
import { hrefOf } from "../address.ts"
import { useKeys } from "../keyboard.ts"
import { go } from "../route.ts"
import { access, loadAccess } from "./access.ts"
import { Confirmation } from "./confirmation.tsx"
import { type KeyActions, jobsKeys } from "./keys.ts"
import { Notices } from "./notices.tsx"
import type { Problem } from "./request.ts"
import { forbidden } from "./run.ts"
import { Cut, Text } from "./text.tsx"
import "../styles/jobs.css"

export interface FrameProps extends KeyActions {
  /** The last answer, and why there is none since. */
  readonly value: unknown
  readonly problems: ReadonlyArray<Problem | undefined>
  readonly children: ComponentChildren
}

export const Frame = ({ children, clear, problems, refresh, value }: FrameProps) => {
  useKeys(jobsKeys({ clear, refresh }))
  useEffect(() => {
    if (access.value === undefined) {
      void loadAccess()
    }
  }, [value])
  const problem = problems.find((one) => one !== undefined && one.kind !== "missing") ?? forbidden.value
  return (
    <div class="jobs">
      <div class="row">
        <Find />
        <Who />
        <button onClick={refresh} title="Refresh (r)">
          Refresh
        </button>
      </div>
      {children}
      <Confirmation />
      <Notices>{problem !== undefined && <Trouble problem={problem} />}</Notices>
    </div>
  )
}

const Find = () => {
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget
    const id = form instanceof HTMLFormElement ? String(new FormData(form).get("id")).trim() : ""
    if (id !== "") {
      go(hrefOf("jobs", id))
    }
  }
  return (
    <form role="search" onSubmit={submit} class="find">
      <input
        name="id"
        type="search"
        aria-label="Find a job by its id"
        placeholder="Find a job: paste its id, Enter"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  )
}

const Who = () => {
  const known = access.value
  return (
    <span class="who muted">
      {known !== undefined && (
        <>
          <Cut text={known.who} />
          <span class="badge">{known.level === "write" ? "read and write" : "read-only"}</span>
        </>
      )}
    </span>
  )
}

const Trouble = ({ problem: { kind, message } }: { readonly problem: Problem }) => (
  <p role="alert" class="notice bad">
    <span>
      {kind === "lost" && "No connection to the jobs. "}
      <Text text={message} />{" "}
      {kind === "lost" ? (
        "What is shown may be old. Trying again …"
      ) : kind === "forbidden" ? (
        <>
          Your access has ended or changed.{" "}
          <a
            href={location.href}
            onClick={(event) => {
              event.preventDefault()
              location.reload()
            }}
          >
            Reload the page
          </a>
        </>
      ) : null}
    </span>
  </p>
)
