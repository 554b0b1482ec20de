/** What is wrong with labels and annotations that alerts get: names, values, and templates in them. */
import { problem, type Problem, problemsOfEach } from "./problem.ts"

/** Problems of labels, of which those that an alert has of its own can't be set. */
export const labelProblems = (path: string, labels: unknown, own: ReadonlySet<string>): ReadonlyArray<Problem> =>
  problemsOfEach(path, labels, (at, value, name) =>
    own.has(name)
      ? [
          problem(at, value, {
            expected: `a label that alerts don't have of their own: not ${[...own].join(", ")}`,
            fix: "Give it another name"
          })
        ]
      : [...nameProblems(at, name), ...textProblems(at, value)]
  )

/** Problems of annotations. Those of the library may be replaced. */
export const annotationProblems = (path: string, annotations: unknown): ReadonlyArray<Problem> =>
  problemsOfEach(path, annotations, (at, value, name) => [...nameProblems(at, name), ...textProblems(at, value)])

const nameProblems = (path: string, name: string): ReadonlyArray<Problem> =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith("__")
    ? []
    : [
        problem(path, name, {
          expected: "a name of letters, digits and _ that begins with a letter, or with one _",
          fix: "Give it another name"
        })
      ]

/** Problems of the value of a label or an annotation, in which Prometheus fills in templates. */
export const textProblems = (path: string, value: unknown): ReadonlyArray<Problem> => {
  if (typeof value !== "string") {
    return [problem(path, value, { expected: "text", fix: "Write it in quotes" })]
  }
  if (/\p{Surrogate}/u.test(value)) {
    return [problem(path, value, { expected: "text without half of a character", fix: "Correct the text" })]
  }
  return value.split(/(?=\{\{)/).every((part) => !part.startsWith("{{") || template.test(part))
    ? []
    : [
        problem(path, value, {
          expected: "{{ only in {{ $labels.name }}, {{ $value }}, or either with a function: {{ $value | humanize }}",
          fix: "Correct the template, or leave it out"
        })
      ]
}

// Of Go's templates that part which can be checked without Go.
const template =
  /^\{\{ *\$(?:labels\.[A-Za-z_][A-Za-z0-9_]*|value) *(?:\| *(?:humanize|humanize1024|humanizeDuration|humanizePercentage|toUpper|toLower|title) *)?\}\}/
