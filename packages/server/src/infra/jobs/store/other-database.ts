/** Why an operation is not made in a caller's transaction. */
import * as Data from "effect/Data"

/** The caller's transaction is one of another database than that of the tables. */
export class OtherDatabase extends Data.TaggedError("OtherDatabase") {
  override get message(): string {
    return "The transaction is one of another database than that of the jobs"
  }
}
