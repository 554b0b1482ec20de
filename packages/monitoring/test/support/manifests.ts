/** Checks manifests of Kubernetes against definitions of their kinds; a field that a definition does not have is an error. */
import { fileOf } from "@parametric-portal/receivers/definitions"
import { Ajv, type ValidateFunction } from "ajv"
import { parse } from "yaml"

export type Schema = { readonly [key: string]: unknown }

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

/** What is wrong with a manifest, a line each. */
export type Check = (manifest: Manifest) => ReadonlyArray<string>

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * As the API server reads it when it is asked to be strict: what has fields has no others. A number or a text may stand
 * where the definition has both.
 */
const strict = (schema: unknown): unknown => {
  if (Array.isArray(schema)) {
    return schema.map(strict)
  }
  if (!isSchema(schema)) {
    return schema
  }
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  if (schema["format"] === "int-or-string") {
    return { ...inner, type: ["integer", "string"] }
  }
  const isClosed =
    isSchema(schema["properties"]) &&
    schema["additionalProperties"] === undefined &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true &&
    schema["type"] === "object"
  return isClosed ? { ...inner, additionalProperties: false } : inner
}

/** Patterns are those of Go, which begin with `(?i)` where capitals don't matter. */
const regExp = Object.assign(
  (pattern: string) => new RegExp(pattern.replace("(?i)", ""), pattern.includes("(?i)") ? "i" : ""),
  { code: "" }
)

const ajv = () => new Ajv({ strict: false, allErrors: true, validateFormats: false, code: { regExp } })

const checking =
  (validate: ValidateFunction): Check =>
  (manifest) => {
    const { kind, metadata } = manifest
    return validate(manifest)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) =>
            `${kind} ${metadata?.name} ${instancePath}: ${message} ${JSON.stringify(params)}`
        )
  }

/** A check of one kind, by a schema of one's own. */
export const checkBy = (schema: Schema): Check => checking(ajv().compile(schema))

const metadata = "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

interface Definition {
  readonly kind: string
  readonly group: string
  readonly version: string
}

interface Crd {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: ReadonlyArray<{ readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }>
  }
}

const crds = [
  ["prometheus-operator", "jsonnet/prometheus-operator/prometheusrules-crd.json"],
  ["prometheus-operator", "jsonnet/prometheus-operator/podmonitors-crd.json"],
  ["prometheus-operator", "jsonnet/prometheus-operator/servicemonitors-crd.json"],
  ["grafana-operator", "config/crd/bases/grafana.integreatly.org_grafanadashboards.yaml"]
] as const

/** The kinds of Kubernetes and of the operators of Prometheus and Grafana, as their Go modules define them. */
export const realChecks = async (): Promise<Check> => {
  const swagger: { definitions: Record<string, Schema> } = JSON.parse(
    await fileOf("kubernetes", "api/openapi-spec/swagger.json")
  )
  const known = ajv().addSchema({ $id: "kubernetes", definitions: strict(swagger.definitions) })
  const checks = new Map<string, Check>()
  for (const [name, definition] of Object.entries(swagger.definitions)) {
    const kinds = definition["x-kubernetes-group-version-kind"]
    for (const { group, kind, version } of Array.isArray(kinds) ? (kinds as ReadonlyArray<Definition>) : []) {
      const apiVersion = group === "" ? version : `${group}/${version}`
      checks.set(`${apiVersion} ${kind}`, (manifest) =>
        checking(known.compile({ $ref: `kubernetes#/definitions/${name}` }))(manifest)
      )
    }
  }
  for (const [module, file] of crds) {
    const { spec }: Crd = parse(await fileOf(module, file))
    for (const { name, schema } of spec.versions) {
      const fields = isSchema(schema.openAPIV3Schema["properties"]) ? schema.openAPIV3Schema["properties"] : {}
      const whole = strict({ ...schema.openAPIV3Schema, properties: { ...fields, metadata: {} } })
      const compiled = known.compile({
        allOf: [whole, { properties: { metadata: { $ref: `kubernetes${metadata}` } }, required: ["metadata"] }]
      })
      checks.set(`${spec.group}/${name} ${spec.names.kind}`, checking(compiled))
    }
  }
  return (manifest) =>
    checks.get(`${manifest.apiVersion} ${manifest.kind}`)?.(manifest) ?? [
      `no definition of ${manifest.apiVersion} ${manifest.kind}`
    ]
}

const texts = { type: "object", additionalProperties: { type: "string" } }

/** A `VMRule`, as the documentation of the VictoriaMetrics operator has it: its Go module is not to be had. */
export const vmRule: Check = checkBy({
  type: "object",
  additionalProperties: false,
  required: ["apiVersion", "kind", "metadata", "spec"],
  properties: {
    apiVersion: { const: "operator.victoriametrics.com/v1beta1" },
    kind: { const: "VMRule" },
    metadata: {
      type: "object",
      additionalProperties: false,
      required: ["name"],
      properties: { name: { type: "string" }, namespace: { type: "string" }, labels: texts, annotations: texts }
    },
    spec: {
      type: "object",
      additionalProperties: false,
      required: ["groups"],
      properties: { groups: { type: "array", minItems: 1, items: { $ref: "#/definitions/group" } } }
    }
  },
  definitions: {
    group: {
      type: "object",
      additionalProperties: false,
      required: ["name", "rules"],
      properties: {
        name: { type: "string" },
        interval: { type: "string" },
        rules: { type: "array", minItems: 1, items: { $ref: "#/definitions/rule" } }
      }
    },
    rule: {
      type: "object",
      additionalProperties: false,
      required: ["expr"],
      oneOf: [{ required: ["record"] }, { required: ["alert"] }],
      properties: {
        record: { type: "string" },
        alert: { type: "string" },
        expr: { type: "string" },
        for: { type: "string" },
        keep_firing_for: { type: "string" },
        labels: texts,
        annotations: texts
      }
    }
  }
})
