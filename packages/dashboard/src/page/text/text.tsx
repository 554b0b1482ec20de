/** Text that others chose: isolated from the direction of what is around it, cut, and whole in the title. */
import type { TargetedPointerEvent } from "preact"
import { shortText, visibleText } from "./visible-text.ts"

/** Gives an element its title when somebody points at it: titles of ten thousand characters are not made for all rows. */
const titled = (text: () => string) => ({
  onPointerEnter: ({ currentTarget }: TargetedPointerEvent<HTMLElement>) => (currentTarget.title = visibleText(text()))
})

const Empty = () => <i class="muted">(empty)</i>

export const Text = ({ class: name, value }: { readonly value: string; readonly class?: string }) =>
  value === "" ? (
    <Empty />
  ) : (
    <bdi class={name} {...titled(() => value)}>
      {shortText(value)}
    </bdi>
  )

/** Labels of a series, one after the other. */
export const Labels = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) => {
  const entries = Object.entries(labels)
  return entries.length === 0 ? (
    <i class="muted">no labels</i>
  ) : (
    <span {...titled(() => entries.map((entry) => entry.join("=")).join(" "))}>
      {entries.map(([name, value]) => (
        <span key={name}>
          <bdi class="muted">{shortText(name)}=</bdi>
          {value === "" ? <Empty /> : <bdi>{shortText(value)}</bdi>}{" "}
        </span>
      ))}
    </span>
  )
}
