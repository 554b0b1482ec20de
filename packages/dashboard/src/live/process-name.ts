/** What a process is called: its service, and what tells it apart from others of that. */

/** By the attributes of its resource; empty where they do not say. */
export const processNameOf = (
  resource: Readonly<Record<string, string>>
): { readonly service: string; readonly instance: string } => {
  const named = (name: string): string | undefined => (Object.hasOwn(resource, name) ? resource[name] : undefined)
  return {
    service: named("service.name") ?? "",
    instance: instanceAttributes.map(named).find((value) => value !== undefined && value !== "") ?? ""
  }
}

/** A name that was given before an id that was drawn. */
const instanceAttributes = ["service.instance.name", "service.instance.id", "k8s.pod.name", "host.name", "process.pid"]
