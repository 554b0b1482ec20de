/** Labels as Effect hands them to a metric: its own and the ambient ones in one list. */
import { ambientOf, currentFiber } from "./fiber.ts"
import { type Ambient, type Canonical, canonical } from "./label.ts"

/** In canonical form; those of them that are ambient on the fiber that runs now go under the others. */
export const canonicalTags = (tags: Ambient): Canonical => {
  const ambient = ambientOf(currentFiber())
  if (ambient.length === 0 || tags === ambient) {
    return tags === ambient ? canonical([], ambient) : canonical(tags)
  }
  const isAmbient = new Set(ambient)
  return canonical(
    tags.filter((tag) => !isAmbient.has(tag)),
    tags.filter((tag) => isAmbient.has(tag))
  )
}
