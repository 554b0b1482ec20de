/** Settings that pass make rules that promtool takes, whatever text, number and duration they have. */
import * as FastCheck from "effect/FastCheck"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { definitions } from "../../src/alerts.ts"
import type { AlertDefinition } from "../../src/alerts/alert.ts"
import { type AlertingConfig, alertProblems } from "../../src/alerts/problems.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { has, promtool } from "../support/promtool.ts"
import { RuleFiles } from "../support/rules.ts"

const range = FastCheck.oneof(
  FastCheck.tuple(FastCheck.nat(100_000), FastCheck.constantFrom("s", "m", "h", "d")).map(
    ([count, unit]) => count + unit
  ),
  FastCheck.constantFrom("", "1.5h", "-5m", "1e3s", "5", "1h30m", "99999999999d", "010m")
)

const number = FastCheck.oneof(
  FastCheck.double(),
  FastCheck.double({ min: 0, max: 1 }),
  FastCheck.integer({ min: -5, max: 4000 }),
  FastCheck.constantFrom(1e300, Number.MAX_VALUE, Number.MIN_VALUE, 1e21, 1e-7, -0)
)

const piece = FastCheck.oneof(
  FastCheck.constantFrom(
    "{{ $labels.job }}",
    "{{$value|humanize}}",
    "{{",
    "}}",
    "{{ end }}",
    "\n",
    " ",
    "#",
    "'",
    '"',
    "%",
    "\u2028",
    "\ufeff",
    "\0"
  ),
  FastCheck.string({ unit: "binary", maxLength: 3 }),
  FastCheck.string({ maxLength: 3 })
)

const text = FastCheck.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""))

const labels = FastCheck.dictionary(
  FastCheck.oneof(
    FastCheck.constantFrom("team", "on", "null", "job", "severity", "window", "__name__", "a-b", "", "ä"),
    FastCheck.string({ maxLength: 3 })
  ),
  text,
  { maxKeys: 3 }
)

/** What may be given for an alert, and often is right. */
const overrideOf = (name: string): FastCheck.Arbitrary<object | false> => {
  const rules = all.filter((one) => one.name === name)
  const thresholds = Object.fromEntries(Object.keys(rules[0]?.thresholds ?? {}).map((key) => [key, number]))
  const windows = Object.fromEntries(
    rules.flatMap(({ window }) => (window === undefined ? [] : [[window, FastCheck.constant(false)]]))
  )
  return FastCheck.oneof(
    FastCheck.constant(false as const),
    FastCheck.record(
      {
        severity: FastCheck.constantFrom("critical", "warning"),
        for: range,
        keepFiringFor: range,
        labels,
        annotations: labels,
        thresholds: FastCheck.record(thresholds, { requiredKeys: [] }),
        ...(Object.keys(windows).length > 0 && { windows: FastCheck.record(windows, { requiredKeys: [] }) })
      },
      { requiredKeys: [] }
    )
  )
}

const all: ReadonlyArray<AlertDefinition> = Object.values(definitions).flat()

/** Each of these parts of a configuration alone: what is refused of one does not hide what passes of another. */
const part: FastCheck.Arbitrary<object> = FastCheck.oneof(
  {
    weight: 8,
    arbitrary: FastCheck.constantFrom(...all).chain(({ name }) =>
      overrideOf(name).map((one) => ({ alerts: { [name]: one } }))
    )
  },
  { weight: 1, arbitrary: FastCheck.record({ rollout: range }) },
  { weight: 1, arbitrary: FastCheck.record({ labels }) },
  { weight: 1, arbitrary: FastCheck.record({ annotations: labels }) },
  { weight: 1, arbitrary: FastCheck.record({ severities: FastCheck.record({ critical: text, warning: text }) }) }
)

describe.runIf(has("promtool"))("settings that have no problem", { timeout: 120_000 }, () => {
  let rules: RuleFiles

  beforeAll(() => {
    rules = new RuleFiles()
  })

  afterAll(() => rules.remove())

  it("make rules that promtool takes", async () => {
    let passed = 0
    const holds = FastCheck.asyncProperty(
      FastCheck.array(part, { minLength: 30, maxLength: 30, size: "max" }),
      async (parts) => {
        const right = parts.filter((one) => alertProblems(one as AlertingConfig).length === 0)
        passed += right.length
        const files = right.flatMap((one) => {
          const { severities, ...others } = one as Partial<Settings>
          return Object.values(
            rules.write({ ...others, ...(severities && { severities: { ...defaults.severities, ...severities } }) })
          )
        })
        expect(files.length === 0 ? { code: 0 } : await promtool("check", "rules", ...files)).toMatchObject({ code: 0 })
      }
    )
    await FastCheck.assert(holds, { numRuns: 12, endOnFailure: true })
    expect(passed).toBeGreaterThan(30)
  })
})
