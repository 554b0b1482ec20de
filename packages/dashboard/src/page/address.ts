/**
 * Addresses of screens: the part after `#`, such as `#/series?metric=jobs_wait_duration_seconds` or `#/jobs/0199-…`.
 * Filters stand in it too, so that a view can be sent to a colleague and Back works.
 */
export interface Route {
  /** The screen, the first part of the path; empty for the first screen. */
  readonly screen: string
  /** What the screen shows, such as the id of a job; empty where the path has no second part. */
  readonly subject: string
  readonly parameters: URLSearchParams
}

export const parseRoute = (text: string): Route => {
  const [path = "", query = ""] = text.replace(/^#?\/?/, "").split("?", 2)
  const [screen = "", ...rest] = path.split("/")
  return { screen, subject: decoded(rest.join("/")), parameters: new URLSearchParams(query) }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** An address on this page. What is `undefined` or empty is left out. */
export const hrefOf = (
  screen: string,
  subject = "",
  parameters: Readonly<Record<string, string | undefined>> = {}
): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") {
      query.set(name, value)
    }
  }
  const path = `#/${screen}${subject === "" ? "" : `/${encodeURIComponent(subject.toWellFormed())}`}`
  return query.size === 0 ? path : `${path}?${query}`
}
