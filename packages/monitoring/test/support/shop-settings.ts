/** Settings as a team has them whose servers run in several clusters and namespaces, beside those of other teams. */
import { defaults, type Settings } from "../../src/settings.ts"

export const shopSettings: Settings = {
  ...defaults,
  groupBy: ["cluster", "namespace"],
  selector: { team: "checkout" },
  annotations: { note: '  {{ $labels.job }}: "{{`x`}}"\nand more ' },
  grafana: { uidPrefix: "shop-", folder: "Shop", tags: ["shop"], datasource: undefined },
  kubernetes: {
    ...defaults.kubernetes,
    namespace: "monitoring",
    namePrefix: "shop-",
    labels: { release: "kube-prometheus-stack" },
    scrape: { labels: { "app.kubernetes.io/part-of": "shop" }, port: "metrics", namespaces: ["shop"] }
  }
}
