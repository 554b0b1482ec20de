/** Which rows of a long list are drawn: those on the screen, and some around them. */
export interface RowWindow {
  readonly first: number
  /** The one after the last. */
  readonly end: number
}

export interface ListPlace {
  readonly count: number
  readonly rowHeight: number
  /** Where the list begins below the top of the screen; negative when it is scrolled past it. */
  readonly top: number
  readonly screenHeight: number
}

const around = 6

export const rowWindow = ({ count, rowHeight, screenHeight, top }: ListPlace): RowWindow => {
  const first = Math.floor(-top / rowHeight) - around
  const end = Math.ceil((screenHeight - top) / rowHeight) + around
  return { first: Math.min(Math.max(0, first), count), end: Math.min(Math.max(0, end), count) }
}

/** How far to scroll so that a row is on the screen, below what sticks to its top. */
export const scrollTo = (row: number, place: ListPlace, sticking: number): number => {
  const above = place.top + row * place.rowHeight - sticking
  const below = place.top + (row + 1) * place.rowHeight - place.screenHeight
  return above < 0 ? above : below > 0 ? below : 0
}
