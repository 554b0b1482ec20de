/** To look at the page while working on it: `npx tsx test/browser/serve.ts [program] [port]` in the package's folder. */
import { servePage } from "./page-server.ts"
import { hostile, jobs, many, nothing, web } from "./programs.ts"

const programs = { jobs, hostile, many, nothing, web, differs: () => jobs({ differs: true, stopsAt: 3 }) }

const [name = "jobs", port = "0"] = process.argv.slice(2)
const program = Object.entries(programs).find(([one]) => one === name)?.[1] ?? jobs
const { url } = await servePage({ program: program(), port: Number(port) })
process.stdout.write(`${url}\n`)
