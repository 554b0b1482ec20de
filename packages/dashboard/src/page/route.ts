/** The screen that is shown, as the address has it. */
import { computed, signal } from "@preact/signals"
import { parseRoute } from "./address.ts"

const hash = signal(location.hash)
addEventListener("hashchange", () => (hash.value = location.hash))

/** The route of the address. */
export const route = computed(() => parseRoute(hash.value))

/** Goes to an address on this page, in place of the present one where it only refines it. */
export const go = (href: string, how: "push" | "replace" = "push"): void => {
  if (how === "push") {
    location.hash = href
  } else {
    history.replaceState(null, "", href)
    hash.value = href
  }
}
