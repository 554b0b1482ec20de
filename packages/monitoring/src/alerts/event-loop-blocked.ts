/** The event loop of a process is late for what it has to do. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { counter, gauge } from "../promql/select.ts"
import { cpuMode, eventLoopState } from "../promql/values.ts"
import { collecting } from "../rules/node.ts"
import { recorded } from "../rules/recording.ts"
import { alert, duration } from "./alert.ts"
import { inWords, lasting } from "./text.ts"
import { seconds } from "./threshold.ts"

const { runtime } = catalogue

export const eventLoopBlocked = alert({
  name: "EventLoopBlocked",
  severity: "warning",
  for: "10m",
  keepFiringFor: "5m",
  thresholds: { seconds: seconds(0.1, "one in a hundred timers may be late") },
  threshold: (set, made) =>
    `One in a hundred timers is more than ${lasting(set.seconds)} late, at every reading for ${inWords(made.for)}. A ` +
    "single pause, however long, moves the maximum only.",
  expression: (set) => gauge(runtime.eventLoopDelayP99).above(set.seconds),
  summary: (label) => `The event loop of ${label("instance")} of ${label("job")} is blocked.`,
  description: (label) =>
    `One in a hundred timers of ${label("instance")} is ${duration} late or more, and so is everything else that it ` +
    "does. Take a profile of the process, and check whether it lacks processor time.",
  runbook: {
    meaning:
      "Code runs for long without giving up the event loop, or the process doesn't get the processor. Everything in the " +
      "process waits meanwhile: requests, jobs, timers, refreshing locks, and exporting metrics.",
    firstLook: [
      { question: "How late is the event loop, at worst?", query: gauge(runtime.eventLoopDelayMax) },
      {
        question: "Is it busy? Near 1 it never rests; late and not busy means that the process has to wait.",
        query: counter(runtime.eventLoopTime, { nodejs_eventloop_state: eventLoopState.active })
          .rate("5m")
          .sumBy("job", "instance")
      },
      {
        question: "How much processor time does it get? Near 1 is all of one processor.",
        query: counter(runtime.cpuTime, { cpu_mode: cpuMode.user }).rate("5m").sumBy("job", "instance")
      },
      { question: "Is it garbage collection?", query: recorded(collecting) }
    ],
    causes: [
      "Synchronous work: parsing or writing large JSON, compression, cryptography, regular expressions, file access.",
      "A loop over very many items that never yields.",
      "Garbage collection: see GarbageCollectionHeavy.",
      "The container has too little processor time: the event loop is late and not busy.",
      "More work than one process can do: it is late, busy, and no single function stands out."
    ],
    fix: [
      "Take a profile of the process while the alert fires, and look for the longest functions.",
      "Move long work into a worker thread or a job, or let it yield.",
      "Give the container more processor time, or add processes.",
      "If it began with a release, roll back."
    ],
    silence: "Silence by `instance` while the process is being looked at. Keep it on for the others."
  }
})
