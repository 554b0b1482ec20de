/** Looks at a page as a browser does, with gzip, and counts what comes. */
import { get } from "node:http"
import { createGunzip } from "node:zlib"

export interface Seen {
  /** What each tick took on the wire. */
  readonly tickBytes: ReadonlyArray<number>
  /** How many values were in each. */
  readonly valuesInTicks: ReadonlyArray<number>
}

interface Tick {
  readonly values: ReadonlyArray<{ readonly values: ReadonlyArray<unknown> }>
}

export const watchFor = (url: string, ms: number): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const tickBytes: Array<number> = []
    const texts: Array<string> = []
    const request = get(`${url}/live`, { agent: false, headers: { "accept-encoding": "gzip" } }, (response) => {
      const unzipped = response.pipe(createGunzip())
      let bytes = 0
      let text = ""
      response.on("data", (part: Buffer) => (bytes += part.length))
      unzipped.on("error", () => undefined)
      unzipped.on("data", (part: Buffer) => {
        text += part.toString("latin1")
        if (text.endsWith("\n\n")) {
          if (text.startsWith("event: tick")) {
            tickBytes.push(bytes)
            texts.push(text)
          }
          bytes = 0
          text = ""
        }
      })
    })
    request.on("error", reject)
    setTimeout(() => {
      request
        .off("error", reject)
        .on("error", () => undefined)
        .destroy()
      resolve({ tickBytes, valuesInTicks: texts.map(valuesIn) })
    }, ms)
  })

const valuesIn = (text: string): number => {
  const { values } = JSON.parse(text.slice(text.indexOf("data: ") + 6)) as Tick
  return values.reduce((sum, group) => sum + group.values.length, 0)
}
