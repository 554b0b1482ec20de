/** What the process of a runner is told. */
export interface LawRunnerSettings {
  readonly name: string
  readonly port: number
  readonly databaseUrl: string
  readonly metricsUrl: string
}

/** The variable of the environment that has it, as JSON. */
export const lawVariable = "LAW_RUNNER"
