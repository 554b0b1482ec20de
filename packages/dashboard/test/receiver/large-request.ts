/** A request of many histogram points, as large as the largest that an exporter sends, in both forms. */
import { encode } from "./request.ts"

export const largeRequest = (points: number) => {
  const dataPoints = Array.from({ length: points }, (_, index) => ({
    attributes: [
      { key: "job_type", value: { stringValue: `type-${index}` } },
      { key: "operation", value: { stringValue: "process" } }
    ],
    startTimeUnixNano: "1700000000000000000",
    timeUnixNano: "1700000001000000000",
    count: 15,
    sum: index / 7,
    min: 0,
    max: index,
    bucketCounts: Array.from({ length: 15 }, () => 1),
    explicitBounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
  }))
  const request = (points: ReadonlyArray<object>) => ({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "large" } }] },
        scopeMetrics: [
          {
            scope: { name: "large" },
            metrics: [
              { name: "large_seconds", unit: "s", histogram: { aggregationTemporality: 2, dataPoints: points } }
            ]
          }
        ]
      }
    ]
  })
  const start = halves(1_700_000_000_000_000_000n)
  const time = halves(1_700_000_001_000_000_000n)
  const exact = dataPoints.map((point) => ({ ...point, startTimeUnixNano: start, timeUnixNano: time }))
  return { json: Buffer.from(JSON.stringify(request(dataPoints))), protobuf: encode(request(exact)) }
}

const halves = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: true
})
