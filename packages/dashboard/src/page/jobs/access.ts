/** Who the reader is, and what they may do. */
import { signal } from "@preact/signals"
import { read } from "./request.ts"
import type { Access } from "./shapes.ts"

/** `undefined` until it is known. */
export const access = signal<Access | undefined>(undefined)

/** Asks, where it is not known; who asks meanwhile waits for nothing. */
export const loadAccess = async (): Promise<void> => {
  try {
    access.value = await read<Access>("access", new AbortController().signal)
  } catch {
    // The summary says why: the same server answers both.
  }
}

/** Whether actions are shown. */
export const mayWrite = (): boolean => access.value?.level === "write"
