/** Whether more runners do more: three processes on one PostgreSQL beside one, with the same jobs. */
import { inTurns, median, type Result } from "./harness.ts"
import { resultOf } from "./jobs/results.ts"
import { startRunners } from "./jobs/runners.ts"
import { startServers } from "./jobs/servers.ts"

const jobs = 50_000
const rounds = 5

/** Measures `jobs_runners_scaling`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const one = { runners: await startRunners(await servers.database("one"), 1), rates: Array<number>() }
  const three = { runners: await startRunners(await servers.database("three"), 3), rates: Array<number>() }
  for (let round = 0; round <= rounds; round++) {
    for (const { rates, runners } of inTurns([one, three], round)) {
      const rate = jobs / (await runners.run(jobs))
      if (round > 0) {
        rates.push(rate)
      }
    }
  }
  await three.runners.stop()
  await one.runners.stop()
  await servers.stop()
  const single = three.rates.map((rate, round) => rate / (one.rates[round] ?? Number.NaN))
  return [
    { ...resultOf("jobs_runners_scaling", "ratio", single), value: median(three.rates) / median(one.rates) },
    resultOf("jobs.process 50,000, 1 runner", "jobs/s", one.rates),
    resultOf("jobs.process 50,000, 3 runners", "jobs/s", three.rates)
  ]
}
