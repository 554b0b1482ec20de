/** Headers as gRPC's metadata. */
import type { Metadata } from "@grpc/grpc-js"
import type { OtlpTarget } from "../../config/otlp-settings.ts"
import { decodedOrAsIs } from "../answer.ts"
import type { Grpc } from "./load.ts"

/** The metadata of each request. User and password of an address are what HTTP makes of them. */
export const metadataOf = (
  { library }: Pick<Grpc, "library">,
  { headers, url }: Pick<OtlpTarget, "headers" | "url">
): Metadata => {
  const metadata = new library.Metadata()
  const { password, username } = url
  if (username !== "" || password !== "") {
    const words = `${decodedOrAsIs(username)}:${decodedOrAsIs(password)}`
    metadata.set("authorization", `Basic ${Buffer.from(words).toString("base64")}`)
  }
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, /-bin$/i.test(name) ? Buffer.from(value, "base64") : value)
  }
  return metadata
}
