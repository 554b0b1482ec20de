/** Times of points as those of JavaScript. */

/** Epoch milliseconds of epoch nanoseconds, with their fraction. */
export const millisOf = (nanos: bigint): number => Number(nanos) / 1e6
