/** What may be set of an alert has its types from the alert: another name does not compile. */
import { defineMonitoring } from "../src/config.ts"
import { ownRules, tooManyInvoices } from "./support/own.ts"

defineMonitoring({
  alerts: {
    JobErrorRateHigh: { thresholds: { share: 0.2, least: undefined }, severity: "critical", for: "15m" },
    JobErrorBudgetBurn: { thresholds: { factor1h: 20 }, windows: { "3d": false } },
    ClusterBacklogGrowing: false
  }
})
// @ts-expect-error there is no such alert
defineMonitoring({ alerts: { JobErrorRateLow: false } })
// @ts-expect-error it has no such threshold
defineMonitoring({ alerts: { JobErrorRateHigh: { thresholds: { seconds: 1 } } } })
// @ts-expect-error it has no thresholds
defineMonitoring({ alerts: { JobRunningTooLong: { thresholds: { seconds: 1 } } } })
// @ts-expect-error it has no such window
defineMonitoring({ alerts: { JobErrorBudgetBurn: { windows: { "2h": false } } } })
// @ts-expect-error it has no windows
defineMonitoring({ alerts: { JobErrorRateHigh: { windows: { "1h": false } } } })
// @ts-expect-error a window is on, or false
defineMonitoring({ alerts: { HttpErrorBudgetBurn: { windows: { "1h": true } } } })
// @ts-expect-error no such severity
defineMonitoring({ alerts: { JobErrorRateHigh: { severity: "page" } } })
// @ts-expect-error no duration
defineMonitoring({ alerts: { JobErrorRateHigh: { for: "soon" } } })

defineMonitoring({
  rules: ownRules,
  alerts: { ShopInvoicesHigh: { severity: "critical", thresholds: { orders: 60 } }, ClusterBacklogGrowing: false }
})
defineMonitoring({ rules: { alerts: [tooManyInvoices] }, alerts: { ShopInvoicesHigh: false } })
// @ts-expect-error an alert of one's own has no such threshold
defineMonitoring({ rules: ownRules, alerts: { ShopInvoicesHigh: { thresholds: { seconds: 1 } } } })
// @ts-expect-error there is no such alert, nor is there one's own
defineMonitoring({ rules: ownRules, alerts: { ShopInvoicesLow: false } })
// @ts-expect-error an alert of the library has no such threshold, beside one's own
defineMonitoring({ rules: ownRules, alerts: { JobErrorRateHigh: { thresholds: { seconds: 1 } } } })
