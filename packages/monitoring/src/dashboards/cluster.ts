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
  reading:
    "Begin with the shards. Worry when fewer are held than configured, as nothing is processed in the others, and when the " +
    "backlog grows while runners are up. A killed runner is a step down of runners, and its shards move to the others.",
  variables: ["service", "instance", "entity_type"],
  rows: [
    { title: "Shards, runners, singletons", panels: shardPanels },
    { title: "Messages", panels: messagePanels },
    { title: "Entities", panels: entityPanels },
    { title: "Backlog and storage", panels: storagePanels }
  ]
}
