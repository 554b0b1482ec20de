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
  variables: ["service", "instance", "http_route"],
  rows: [
    { title: "Requests, and the event loop under them", panels: requestPanels },
    { title: "Database", panels: databasePanels },
    { title: "Requests to other servers", panels: clientPanels },
    { title: "RPC", panels: rpcPanels }
  ]
}
