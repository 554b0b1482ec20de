/** Appending in place, in time that grows with what is added alone. */

/** Appends any number of values: `push(...values)` passes them as arguments, whose number is limited by the stack. */
export const append = <A>(list: Array<A>, values: Iterable<A>): void => {
  for (const value of values) {
    list.push(value)
  }
}
