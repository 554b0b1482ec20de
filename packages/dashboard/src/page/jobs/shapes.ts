/** The shapes of the API of jobs, which the library defines. */
export type * from "@parametric-portal/server/infra/jobs-page/api"
