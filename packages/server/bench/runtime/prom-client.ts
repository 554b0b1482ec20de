/** prom-client's default metrics, on a page. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { collectDefaultMetrics, register } from "prom-client"
import { answer } from "./processor-time.ts"

collectDefaultMetrics()

const server = createServer((_, response) => {
  void register.metrics().then((page) => response.writeHead(200, { "content-type": register.contentType }).end(page))
})

server.listen(0, "localhost", () => answer(`http://localhost:${(server.address() as AddressInfo).port}/metrics`))
