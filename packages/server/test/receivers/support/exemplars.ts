/** The exemplars that a Prometheus has. */

/** Of one series. */
export interface Found {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: ReadonlyArray<{
    readonly labels: Readonly<Record<string, string>>
    readonly value: string
    readonly timestamp: number
  }>
}

/** Those of a selector, as its API returns them. */
export const exemplarsIn = (address: string, query: string): Promise<ReadonlyArray<Found>> => {
  const now = Date.now() / 1_000
  const parameters = new URLSearchParams({ query, start: String(now - 600), end: String(now + 600) })
  return fetch(`${address}/api/v1/query_exemplars?${parameters.toString()}`)
    .then((response) => response.text())
    .then((text): ReadonlyArray<Found> => JSON.parse(text).data)
}
