/**
 * Loaded before a program: its clock is off by `CLOCK_OFF_BY` milliseconds. With `CLOCK_SET_EVERY` somebody sets it every
 * so many milliseconds, ahead and back again by turns.
 */
const offBy = Number(process.env["CLOCK_OFF_BY"] ?? 0)
const setEvery = Number(process.env["CLOCK_SET_EVERY"] ?? Number.POSITIVE_INFINITY)

const RealDate = Date

const now = (): number => {
  const isBack = Math.floor(performance.now() / setEvery) % 2 === 1
  return RealDate.now() + (isBack ? -offBy : offBy)
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key))
})
