/**
 * The built page as data, and the answer to each request for it: for servers of any kind, with nothing but Node. Who
 * serves it adds what else the page asks for (`live`, `jobs`), and sends a request for the path that it is mounted at
 * on to the same path with a slash, as all addresses of the page are relative (`withSlash`).
 *
 * @module
 */
export { acceptsGzip } from "./page-files/accept-encoding.ts"
export {
  answerPage,
  type PageAnswer,
  type PageConfiguration,
  type PageRequest,
  withSlash
} from "./page-files/answer.ts"
export { builtFolder, type PageFile, type PageFiles, PageNotBuilt, readPageFiles } from "./page-files/files.ts"
export { pageHeaders } from "./page-files/headers.ts"
