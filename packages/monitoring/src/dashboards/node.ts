/** Where do the time and the memory of each process go? */
import type { Dashboard } from "./dashboard.ts"
import { fiberPanels, poolPanels } from "./node/effect.ts"
import { eventLoopPanels } from "./node/event-loop.ts"
import { memoryPanels } from "./node/memory.ts"

export const node: Dashboard = {
  uid: "node",
  title: "Node",
  description: "Where do the time and the memory of each process go?",
  reading:
    "A line is a process, or a service. Worry when the event loop has no idle time left, when garbage collection takes " +
    "more than a tenth of the time, when the low points of the heap climb, and when more and more wait for an item of a " +
    "pool. Short peaks as processes start are normal.",
  variables: ["service", "instance"],
  rows: [
    { title: "Event loop, processor, garbage collection", panels: eventLoopPanels },
    { title: "Memory and descriptors", panels: memoryPanels },
    { title: "Fibers", panels: fiberPanels },
    { title: "Pools and caches", panels: poolPanels }
  ]
}
