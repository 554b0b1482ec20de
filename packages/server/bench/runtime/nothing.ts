/** A process that does nothing. */
import { answer } from "./processor-time.ts"

answer("")
