/** Names of attributes that a series has from elsewhere: a label of such a name would be written over, or would write over it. */

/** Prometheus gives series these itself, also where it takes OTLP: those that differ in nothing else would be one. */
const ofPrometheus: ReadonlySet<string> = new Set(["__name__", "__type__", "__unit__", "instance", "job"])

/** Whether a name is taken; `own` is one that points of the kind have besides. */
export const isTaken = (key: string, own: string | undefined): boolean => key === own || ofPrometheus.has(key)

/** Labels whose name is taken get the prefix that Prometheus uses for such, until it is free. */
export const withoutTaken = (byKey: Map<string, string>, own: string | undefined): ReadonlyMap<string, string> => {
  for (const [key, value] of Array.from(byKey)) {
    if (isTaken(key, own)) {
      byKey.delete(key)
      byKey.set(freeName(byKey, key), value)
    }
  }
  return byKey
}

const freeName = (byKey: ReadonlyMap<string, string>, key: string): string => {
  const name = `exported_${key}`
  return byKey.has(name) ? freeName(byKey, name) : name
}
