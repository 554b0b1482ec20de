/**
 * The `tracestate` of W3C Trace Context (https://www.w3.org/TR/trace-context/#tracestate-header) with the methods that
 * OpenTelemetry's API gives to it. At most 32 members and 512 characters, as that API has it.
 */

type Members = ReadonlyArray<readonly [key: string, value: string]>

/** A list of members, the one that was changed last first. */
export class TraceState {
  private readonly members: Members

  private constructor(members: Members) {
    this.members = members
  }

  /** What is no member is left out; undefined for text that is too long, or has none. */
  static parse(text: string): TraceState | undefined {
    if (text.length > longest) {
      return undefined
    }
    const members = new Map<string, string>()
    for (const part of text.split(",")) {
      const [, key, value] = member.exec(part) ?? []
      if (key !== undefined && value !== undefined && !members.has(key)) {
        members.set(key, value)
      }
    }
    return members.size === 0 ? undefined : new TraceState(Array.from(members).slice(0, most))
  }

  get(key: string): string | undefined {
    return this.members.find(([name]) => name === key)?.[1]
  }

  set(key: string, value: string): TraceState {
    return new TraceState([[key, value], ...this.unset(key).members])
  }

  unset(key: string): TraceState {
    return new TraceState(this.members.filter(([name]) => name !== key))
  }

  serialize(): string {
    return this.members.map(([key, value]) => `${key}=${value}`).join(",")
  }
}

const most = 32
const longest = 512

const simpleKey = "[a-z0-9][a-z0-9_*/-]{0,255}"
const tenantKey = "[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}"
// Printable ASCII without comma and equals sign; a space is not the last.
const value = "[ -+\\--<>-~]{0,255}[!-+\\--<>-~]"
const member = new RegExp(`^[ \\t]*(${tenantKey}|${simpleKey})=(${value})[ \\t]*$`)
