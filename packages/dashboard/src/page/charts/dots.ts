/**
 * The exemplars of a heat map, as dots over it: those whose trace is here are links. They are elements that stay while the
 * map is drawn again each second, so that one keeps the focus. Arrow keys go from one to the next; Tab reaches only the
 * highest.
 */
import type { MetricDetail } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { formatTime } from "../text/quantity.ts"
import { visibleText } from "../text/visible-text.ts"

export interface Dot {
  readonly exemplar: MetricDetail["exemplars"][number]
  /** Its value. */
  readonly text: string
  /** Pixels from the corner of the plot. */
  readonly left: number
  readonly top: number
}

export interface Dots {
  /** Puts the dots into an element; the function it gives takes them out. */
  readonly in: (box: HTMLElement) => () => void
  /** Shows these, over a plot that lies so. */
  readonly draw: (dots: ReadonlyArray<Dot>, plot: Area) => void
}

/** Lengths of CSS. */
type Area = Pick<CSSStyleDeclaration, "left" | "top" | "width" | "height">

export const makeDots = (): Dots => {
  const elements = new Map<string, HTMLElement>()
  let box: HTMLElement | undefined
  return {
    in: (element) => {
      box = element
      element.addEventListener("keydown", onKey)
      element.append(...elements.values())
      return () => element.removeEventListener("keydown", onKey)
    },
    draw: (dots, { height, left, top, width }) => {
      const keys = new Set<string>()
      for (const dot of dots) {
        const key = keyOf(dot)
        const element = elements.get(key) ?? elementOf(dot)
        Object.assign(element.style, { left: `${dot.left}px`, top: `${dot.top}px` })
        if (!elements.has(key)) {
          elements.set(key, element)
          box?.append(element)
        }
        keys.add(key)
      }
      const gone = [...elements].filter(([key]) => !keys.has(key))
      const hadFocus = gone.some(([, element]) => element === document.activeElement)
      gone.forEach(([key, element]) => {
        element.remove()
        elements.delete(key)
      })
      if (box !== undefined) {
        Object.assign(box.style, { left, top, width, height })
        keepOneInOrder(box, hadFocus)
      }
    }
  }
}

const keyOf = ({ exemplar: { isStored, series, spanId, time, traceId, value } }: Dot): string =>
  `${series} ${time} ${value} ${traceId} ${spanId} ${isStored}`

const elementOf = ({ exemplar: { isStored, time, traceId }, text }: Dot): HTMLElement => {
  const isLink = isStored === true && traceId !== undefined
  const element = document.createElement(isLink ? "a" : "i")
  element.className = "dot"
  element.title = `${text} at ${formatTime(time)}${traceId === undefined ? "" : `, trace ${visibleText(traceId)}`}`
  if (isLink) {
    element.setAttribute("href", hrefOf("trace", traceId))
    element.setAttribute("aria-label", element.title)
    element.tabIndex = -1
  }
  return element
}

const linksIn = (box: HTMLElement): ReadonlyArray<HTMLElement> => [...box.querySelectorAll("a")]

/** One can be reached with Tab: that which has the focus, else the highest. */
const keepOneInOrder = (box: HTMLElement, hadFocus: boolean): void => {
  const links = linksIn(box)
  if (!links.some((link) => link === document.activeElement)) {
    const [highest, ...others] = [...links].sort((one, other) => topOf(one) - topOf(other))
    others.forEach((other) => (other.tabIndex = -1))
    if (highest !== undefined) {
      highest.tabIndex = 0
      if (hadFocus) {
        highest.focus()
      }
    }
  }
}

const topOf = ({ style }: HTMLElement): number => Number.parseFloat(style.top)

const steps: Readonly<Record<string, readonly [by: "offsetLeft" | "offsetTop", step: 1 | -1]>> = {
  ArrowRight: ["offsetLeft", 1],
  ArrowLeft: ["offsetLeft", -1],
  ArrowDown: ["offsetTop", 1],
  ArrowUp: ["offsetTop", -1]
}

const onKey = (event: KeyboardEvent): void => {
  const arrow = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined
  const { currentTarget, target } = event
  if (arrow === undefined || !(currentTarget instanceof HTMLElement) || !(target instanceof HTMLElement)) {
    return
  }
  event.preventDefault()
  const [by, step] = arrow
  const links = [...linksIn(currentTarget)].sort((one, other) => one[by] - other[by])
  const next = links[links.indexOf(target) + step]
  if (next !== undefined) {
    target.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }
}
