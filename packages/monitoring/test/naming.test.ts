/** What a store calls metrics and labels is what queries, legends, texts and variables say. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { describe, expect, it } from "vitest"
import { grafanaFile } from "../src/files/grafana.ts"
import { ruleFile } from "../src/files/rules.ts"
import { monitoringOf } from "../src/monitoring.ts"
import { legendIn, ruleDialect, templateIn } from "../src/naming.ts"
import { inDialect } from "../src/promql/dialect.ts"
import { counter, gauge, observations } from "../src/promql/select.ts"
import { failedRequest } from "../src/promql/values.ts"
import { operations } from "../src/rules/database.ts"
import { recorded } from "../src/rules/recording.ts"
import { defaults } from "../src/settings.ts"

const { db, http, telemetry } = catalogue

const monitoring = monitoringOf({ ...defaults, naming: "victoriametrics", groupBy: ["k8s.cluster.name"] })

const dialect = ruleDialect(monitoring)

const written = (vector: Parameters<typeof inDialect>[0]): string => String(inDialect(vector, dialect))

describe("the names of VictoriaMetrics", () => {
  it("are those of OTLP, for the service and the process too", () => {
    expect(
      written(
        observations(http.serverRequestDuration, { error_type: failedRequest }).rate("5m").sumBy("job", "http_route")
      )
    ).toBe(
      [
        'sum by ("k8s.cluster.name", "service.name", "http.route") (',
        '  rate({"http.server.request.duration_count", "error.type"!~"|client_abort"}[5m])',
        ")"
      ].join("\n")
    )
    expect(written(gauge(telemetry.series).countBy("job", "instance"))).toBe(
      'count by ("k8s.cluster.name", "service.name", "service.instance.id") (telemetry_series)'
    )
  })

  it("are of a label as its metric has it: dotted of a convention, and underscored of a metric of the library", () => {
    expect(written(observations(db.clientOperationDuration).rate("5m").sumBy("db_system_name"))).toContain(
      '"db.system.name"'
    )
    expect(written(counter(db.transactionRetries).rate("5m").sumBy("db_system_name"))).toContain(" db_system_name)")
    expect(written(recorded(operations, { db_system_name: "postgresql" }))).toBe(
      'db_operation_name:db_operations:increase10m{"db.system.name"="postgresql"}'
    )
  })

  it("are refused of a label that has two in one expression", () => {
    const both = observations(db.clientOperationDuration)
      .rate("5m")
      .sumBy("db_system_name")
      .plus(counter(db.transactionRetries).rate("5m").sumBy("db_system_name"))
    expect(() => written(both.sumBy("db_system_name"))).toThrow("has several names: db.system.name, db_system_name")
  })

  it("are in legends and texts", () => {
    const query = observations(http.serverRequestDuration).rate("5m").sumBy("job", "http_route")
    expect(legendIn({ legend: "{{job}} {{http_route}} p95", query }, monitoring.settings, dialect)).toBe(
      "{{k8s.cluster.name}} {{service.name}} {{http.route}} p95"
    )
    expect(templateIn("{{ $labels.job }} {{ $labels.window }}", query, dialect)).toBe(
      '{{ index $labels "service.name" }} {{ $labels.window }}'
    )
  })

  it("are in every file: nothing asks for job or instance", () => {
    const files = [
      ...monitoring.groups.map((group) => ruleFile(monitoring, group)),
      ...monitoring.dashboards.map((one) => grafanaFile(monitoring, one))
    ]
    const asked =
      /\b(job|instance)(=~|!~|!=|=)"|by \([^)]*(?<![."\\])\b(job|instance)\b|\$labels\.(job|instance)\b|\{\{(job|instance)\}\}/
    expect(files.length).toBe(12)
    expect(files.flatMap((text) => asked.exec(text)?.[0] ?? [])).toEqual([])
  })

  it("that are no identifiers are cut out of whole series by variables", () => {
    const [server] = monitoring.dashboards.filter(({ uid }) => uid === "server")
    const json: {
      readonly templating: { readonly list: ReadonlyArray<{ readonly definition?: string; readonly regex?: string }> }
    } = JSON.parse(server === undefined ? "" : grafanaFile(monitoring, server))
    // Grafana reads the query up to the end of its line.
    expect(json.templating.list.filter(({ definition }) => definition?.includes("\n"))).toEqual([])
    expect(json.templating.list.slice(1, 3).map(({ definition, regex }) => [definition, regex])).toEqual([
      ['query_result(count by ("k8s.cluster.name") (telemetry_series))', String.raw`/k8s\.cluster\.name="([^"]+)"/`],
      [
        'query_result(count by ("service.name") (telemetry_series{"k8s.cluster.name"=~"$k8s_cluster_name"}))',
        String.raw`/service\.name="([^"]+)"/`
      ]
    ])
  })
})
