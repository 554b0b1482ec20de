/** Where do the time and the memory of each process go? */
import type { Dashboard } from "./dashboard.ts"
import { fiberPanels, poolPanels } from "./node/effect.ts"
import { eventLoopPanels } from "./node/event-loop.ts"
import { memoryPanels } from "./node/memory.ts"

export const node: Dashboard = {
  uid: "node",
  title: "Node",
  description: "Where do the time and the memory of each process go?",
  variables: ["service", "instance"],
  rows: [
    { title: "Event loop, processor, garbage collection", panels: eventLoopPanels },
    { title: "Memory and descriptors", panels: memoryPanels },
    { title: "Fibers", panels: fiberPanels },
    { title: "Pools and caches", panels: poolPanels }
  ]
}
