/** The values of the label `storage_operation`: the methods of the message storage, then those of the runner storage. */
export const storageOperations = [
  "save_request",
  "save_envelope",
  "save_reply",
  "clear_replies",
  "replies_for",
  "replies_for_unfiltered",
  "request_id_for_primary_key",
  "unprocessed_messages",
  "unprocessed_messages_by_id",
  "reset_shards",
  "reset_address",
  "clear_address",
  "register",
  "unregister",
  "get_runners",
  "set_runner_health",
  "acquire",
  "refresh",
  "release",
  "release_all"
] as const
