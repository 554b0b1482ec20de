/** Input series of promtool tests, by short names. */
export {
  home,
  type Input,
  inputBuckets as buckets,
  inputCount as count,
  inputProcess as seen,
  inputSeries as series
} from "../../src/rule-tests/input.ts"
