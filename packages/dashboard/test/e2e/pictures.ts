/** The pictures of the documentation: written there with `PICTURES=docs/pictures`, else out of the way. */
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"

/** Whether they are for the documentation. */
export const areWanted = process.env["PICTURES"] !== undefined

const folder = fileURLToPath(new URL(`../../../../${process.env["PICTURES"] ?? "dist/pictures"}`, import.meta.url))

type Options = Pick<NonNullable<Parameters<Page["screenshot"]>[0]>, "clip">

export const take = async (page: Page, name: string, options: Options = {}): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled", ...options })
}

/** Leaves out what is empty below the last part of the screen. */
export const takeCharts = async (page: Page, name: string): Promise<void> => {
  const box = await page.locator("main > :last-child").boundingBox()
  const height = Math.round((box?.y ?? 0) + (box?.height ?? 0)) + 20
  await take(page, name, { clip: { x: 0, y: 0, width: 1440, height } })
}
