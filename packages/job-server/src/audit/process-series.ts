/** The series that were received from one process. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { processAttribute } from "../server/process-name.ts"

export const seriesOfProcess = (series: ReadonlyArray<Series>, name: string): ReadonlyArray<Series> =>
  series.filter((one) => processOf(one) === name)

/** The name of the process that sent a series. */
export const processOf = ({ resource }: Series) => resource[processAttribute]
