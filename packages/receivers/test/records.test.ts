import { expect, it } from "vitest"
import { recordsIn } from "../src/records.ts"

/** As the debug exporter of version 0.165 writes it. */
const output = `2026-01-01T00:00:00.000Z\tinfo\tTraces\t{"resource spans": 1, "spans": 2}
2026-01-01T00:00:00.000Z\tinfo\tResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(app)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope scope 
Span #0
    Trace ID       : 5b8efff798038103d269b633813fc60c
    Parent ID      : 
    ID             : eee19b7ec3c1b174
    Name           : first
    Kind           : Internal
Attributes:
     -> Name: Str(an attribute)
Events:
SpanEvent #0
     -> Name: an event
Span #1
    Name           : second : third
2026-01-01T00:00:00.000Z\tinfo\tResourceLog #0
LogRecord #0
ObservedTimestamp: 2026-01-01 00:00:00 +0000 UTC
SeverityText: INFO
Body: Str(line (1))
Attributes:
     -> Body: Str(an attribute)
Trace ID: 5b8efff798038103d269b633813fc60c
LogRecord #1
Body: Map({"a":"b"})
`

it("finds the names of spans and the texts of log records, and nothing else that is called so", () => {
  expect(recordsIn(output)).toEqual({ spans: ["first", "second : third"], lines: ["line (1)"] })
})
