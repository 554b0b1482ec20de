import { describe, expect, it } from "vitest"
import { checked } from "../../src/config/settings.ts"

const problemsOf = (traces: unknown): ReadonlyArray<string> => {
  const result = checked({ traces })
  return "problems" in result ? result.problems : []
}

const expected =
  'expected an http or https URL with {traceId} once, after the host, such as "https://jaeger.example.com/trace/{traceId}"'

describe("traces", () => {
  it.each([
    { url: "https://jaeger.example.com/trace/{traceId}" },
    { url: "http://localhost:16686/trace/{traceId}?uiFind=error#top" },
    { url: "https://traces.example.com/?id={traceId}&from=now-1h" },
    { url: "https://traces.example.com/@shop/{traceId}" },
    { url: "HTTPS://traces.example.com/#/{traceId}" },
    { datasource: "tempo" },
    { url: "https://jaeger.example.com/trace/{traceId}", datasource: "P214B5B846CF3925F" },
    { url: undefined, datasource: "tempo" },
    undefined
  ])("takes %j", (traces) => {
    expect(problemsOf(traces)).toEqual([])
  })

  it.each([
    "https://jaeger.example.com/trace/",
    "https://jaeger.example.com/trace/{traceID}",
    "https://jaeger.example.com/{traceId}/{traceId}",
    "https://jaeger.example.com/{service}/{traceId}",
    "https://{traceId}.example.com/",
    "jaeger.example.com/trace/{traceId}",
    "/trace/{traceId}",
    "javascript:alert('{traceId}')",
    "javascript://example.com/%0aalert('{traceId}')",
    "data:text/html,{traceId}",
    "ftp://example.com/{traceId}",
    "https://example.com/$host/{traceId}",
    "https://example.com/[[host]]/{traceId}",
    "https://example.com/a b/{traceId}",
    'https://example.com/"/{traceId}',
    "https://example.com\\{traceId}",
    "https://exa mple.com/{traceId}",
    "",
    7
  ])("refuses the URL %j", (url) => {
    expect(problemsOf({ url })).toEqual([`traces.url is ${JSON.stringify(url)}, ${expected}`])
  })

  it.each([
    "https://me:secret@jaeger.example.com/trace/{traceId}",
    "https://secret@jaeger.example.com/trace/{traceId}",
    "https:secret:secret@jaeger.example.com/trace/{traceId}",
    "https:///secret@jaeger.example.com/trace/{traceId}",
    "https://me:se#cret@jaeger.example.com/trace/{traceId}",
    "https://me:se/cret@jaeger.example.com/trace/{traceID}",
    "https://@jaeger.example.com/trace/{traceId}"
  ])("refuses credentials, and does not repeat them: %j", (url) => {
    expect(problemsOf({ url })).toEqual([`traces.url seems to have a user or a password, ${expected}`])
  })

  it("refuses what is neither, and what is no uid", () => {
    expect(problemsOf({})).toEqual(["traces has neither url nor datasource, expected one of them or both"])
    expect(problemsOf({ url: undefined })).toHaveLength(1)
    expect(problemsOf("tempo")).toEqual(['traces is "tempo", expected an object'])
    expect(problemsOf({ datasource: "${tempo}" })).toEqual([
      'traces.datasource is "${tempo}", expected the uid of a data source: at most 40 letters, digits, - and _, such as "tempo"'
    ])
    expect(problemsOf({ link: "tempo" })).toEqual(["traces.link is not an option: there are url, datasource"])
  })
})
