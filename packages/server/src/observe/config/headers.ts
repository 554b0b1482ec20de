/** Headers of several sources as one record. HTTP does not tell their names apart by case, and neither does this. */

/** One header, by name. */
export type Header = readonly [name: string, value: string]

/** Each header once, under the name that it was given last; later ones win. */
export const mergeHeaders = (headers: Iterable<Header>): Readonly<Record<string, string>> => {
  const byName = new Map<string, Header>()
  for (const header of headers) {
    byName.set(header[0].toLowerCase(), header)
  }
  // A record made like this holds every name, `__proto__` too.
  return Object.fromEntries(byName.values())
}
