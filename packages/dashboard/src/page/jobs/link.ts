/** An address that a link may go to: of a web page, and nothing that runs here. */
export const webAddress = (text: string | undefined): string | undefined => {
  if (text === undefined || !URL.canParse(text)) {
    return undefined
  }
  const { href, protocol } = new URL(text)
  return protocol === "https:" || protocol === "http:" ? href : undefined
}
