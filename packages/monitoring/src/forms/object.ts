/** An object of Kubernetes as a manifest: plain YAML that kubectl, Kustomize and Helm take alike. */
import { header } from "../files/header.ts"
import { type Yaml, yaml } from "../files/yaml.ts"
import type { Settings } from "../settings.ts"

type Texts = Readonly<Record<string, string>>

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  /** What its name ends with; the settings have the beginning. */
  readonly name: string
  /** Besides those of all objects. */
  readonly labels?: Texts
  readonly annotations?: Texts
  /** `spec`, or `data`. */
  readonly content: { readonly [key: string]: Yaml }
  /** Lines of a comment at its beginning, without `#`. */
  readonly remarks?: ReadonlyArray<string>
}

/** The manifest of an object. */
export const manifest = (settings: Settings, object: KubernetesObject): string => {
  const { namespace, labels } = settings.kubernetes
  return (
    header(settings) +
    (object.remarks ?? []).map((line) => `# ${line}\n`).join("") +
    yaml({
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: {
        name: objectName(settings, object.name),
        namespace,
        labels: orNone({ ...labels, ...object.labels }),
        annotations: orNone(object.annotations ?? {})
      },
      ...object.content
    })
  )
}

const orNone = (texts: Texts): Texts | undefined => (Object.keys(texts).length === 0 ? undefined : texts)

/** The name of an object, a DNS label: lower case letters, digits and `-`. */
export const objectName = ({ kubernetes }: Pick<Settings, "kubernetes">, name: string): string =>
  `${kubernetes.namePrefix}${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
