/** A generated block in a page that is otherwise written by hand: what stands between two markers of one name. */

export interface Block {
  /** The path of the page in the repository. */
  readonly page: string
  /** The name in the markers `<!-- name -->` and `<!-- /name -->`. */
  readonly name: string
  readonly content: string
}

/** The page with the content of the block replaced. Throws when a marker is missing or there twice. */
export const withBlock = (text: string, { content, name, page }: Block): string => {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, inside, ...more] = text.split(open)
  const [, after, ...others] = (inside ?? "").split(close)
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${page} must have ${open} and ${close} once each: put them where the table belongs.`)
  }
  return `${before}${open}\n${content}\n${close}${after}`
}
