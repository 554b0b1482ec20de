import { describe, expect, it } from "vitest"
import { shown, shownFile, shownUrl } from "../../../src/observe/config/shown-address.ts"

describe("an address in a log line", () => {
  it("keeps the words of well-known paths", () => {
    for (const address of [
      "http://localhost:4318/v1/metrics",
      "https://c/opentelemetry/v1/metrics",
      "http://c:9090/api/v1/otlp/v1/metrics",
      "http://c/"
    ]) {
      expect(shown(new URL(address))).toBe(address)
    }
  })

  it("hides all that can be a secret", () => {
    for (const secret of ["s3cret", "secret", "0123456789abcdef", "a.b", "tok-en", "%73ecret", "v1;secret", "SECRET"]) {
      for (const address of [
        `https://c:1/${secret}/v1/metrics`,
        `https://c:1/v1/metrics/${secret}`,
        `https://c:1/v1/${secret}/metrics?key=${secret}#${secret}`,
        `https://user:${secret}@c:1/v1/metrics`,
        `https://${secret}:x@c:1/v1/metrics`
      ]) {
        expect(shown(new URL(address)).toLowerCase()).not.toContain(secret.toLowerCase())
        expect(shown(new URL(address))).toContain("https://c:1/")
      }
    }
  })
})

describe("an address in an error", () => {
  it.each([
    ["localhost:4318", '"localhost:4318"'],
    ["localhost:4318/v1/metrics", '"localhost:4318/v1/metrics"'],
    ["ftp://c/v1/secret", '"ftp://c/v1/***"'],
    ["http://[::1]:99999999/secret", "(not shown)"],
    ["http:/c/secret", "(not shown)"],
    ["secret", "(not shown)"],
    ["eyJh.eyJz.c2Vj", "(not shown)"],
    ["Bearer secret", "(not shown)"],
    ["authorization=secret", "(not shown)"],
    ["https://c:secret/", "(not shown)"],
    ["http://me:se/cr@et@c/secret", '"http://***@c/***"'],
    ["http://c\\secret", '"http://c/***"'],
    ["c:1/v1/metrics?secret", '"c:1/v1/metrics?***"']
  ])("hides what can be a secret of %s", (given, expected) => {
    expect(shownUrl(given)).toBe(expected)
  })
})

describe("a file in an error", () => {
  it.each([
    ["/etc/otel/key.pem", true],
    ["./key.pem", true],
    ["~/key", true],
    ["key.pem", true],
    ["C:\\keys\\key", true],
    ["-----BEGIN PRIVATE KEY-----", false],
    ["MC4CAQAwBQYDK2VwBCIEI", false],
    ["secret", false],
    [`/${"x".repeat(300)}`, false],
    ["/a\u001b[31mb", false]
  ])("is shown if %s looks like a path: %s", (given, isShown) => {
    expect(shownFile(given)).toBe(isShown ? `"${given}"` : "(not shown)")
  })
})
