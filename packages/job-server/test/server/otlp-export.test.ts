import { expect, it } from "@effect/vitest"
import { otlpExport, recordsExport } from "../../src/server/otlp-export.ts"

const addressesOf = (base: string) => {
  const { logs, metrics, traces } = otlpExport(base)
  return [...metrics, traces, logs].map((one) => one?.url)
}

it("adds the path of each signal to the address, whatever it ends with", () => {
  expect(addressesOf("http://localhost:4318")).toEqual([
    "http://localhost:4318/v1/metrics",
    "http://localhost:4318/v1/traces",
    "http://localhost:4318/v1/logs"
  ])
  expect(addressesOf("https://user:password@otlp.example.org/in//?tenant=1")).toEqual([
    "https://user:password@otlp.example.org/in/v1/metrics?tenant=1",
    "https://user:password@otlp.example.org/in/v1/traces?tenant=1",
    "https://user:password@otlp.example.org/in/v1/logs?tenant=1"
  ])
})

it("exports every span, whatever sampler a variable names", () => {
  expect(otlpExport("http://localhost:4318").traces?.sampler).toBe("always_on")
})

it("exports spans and log records without metrics, where these go already", () => {
  const { logs, traces } = recordsExport("http://127.0.0.1:4318")
  expect([traces?.url, traces?.sampler, logs?.url]).toEqual([
    "http://127.0.0.1:4318/v1/traces",
    "always_on",
    "http://127.0.0.1:4318/v1/logs"
  ])
})

it("exports nothing without an address", () => {
  expect(otlpExport(undefined)).toEqual({ metrics: [] })
})
