/** A pool in which one property is another; everything else is the pool's own. */

/** The object with a property that is read from a function. What the object reads of itself in its own methods is too. */
export const watched = <P extends object>(object: P, name: string, read: () => unknown): P =>
  new Proxy(object, {
    get: (target, key) => {
      const own: unknown = key === name ? read() : Reflect.get(target, key)
      return own
    }
  })
