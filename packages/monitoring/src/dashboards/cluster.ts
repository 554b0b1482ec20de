/** Who owns which shards, and do messages get through? */
import { entityPanels } from "./cluster/entities.ts"
import { messagePanels } from "./cluster/messages.ts"
import { shardPanels } from "./cluster/shards.ts"
import { storagePanels } from "./cluster/storage.ts"
import type { Dashboard } from "./dashboard.ts"

export const clusterDashboard: Dashboard = {
  uid: "cluster",
  title: "Cluster",
  description: "Who owns which shards, and do messages get through?",
  variables: ["service", "instance", "entity_type"],
  rows: [
    { title: "Shards, runners, singletons", panels: shardPanels },
    { title: "Messages", panels: messagePanels },
    { title: "Entities", panels: entityPanels },
    { title: "Backlog and storage", panels: storagePanels }
  ]
}
