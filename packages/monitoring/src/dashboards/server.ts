/** Does the server answer, how fast, and what does it wait for? */
import type { Dashboard } from "./dashboard.ts"
import { clientPanels } from "./server/clients.ts"
import { databasePanels } from "./server/database.ts"
import { requestPanels } from "./server/requests.ts"
import { rpcPanels } from "./server/rpc.ts"

export const server: Dashboard = {
  uid: "server",
  title: "Server",
  description: "Does the server answer, how fast, and what does it wait for?",
  reading:
    "Read it from the top: rate, errors and duration of requests, and below them what they wait for, which are the event " +
    "loop, the database, other servers and RPCs. Worry when a route's errors or its duration rise and stay up, then look " +
    "for what rises with them further down. In the recording the payments of a shop fail for 40 seconds: its orders are " +
    "answered with 502 or given up by their clients, and requests to `payments` are what takes long.",
  variables: ["service", "instance", "http_route"],
  rows: [
    { title: "Requests, and the event loop under them", panels: requestPanels },
    { title: "Database", panels: databasePanels },
    { title: "Requests to other servers", panels: clientPanels },
    { title: "RPC", panels: rpcPanels }
  ]
}
