/**
 * The name `__proto__`: a schema that takes any names for properties would set the prototype of what it makes instead
 * of a property, and drop it. Values of such schemas are looked through for it.
 */
import type * as AST from "effect/SchemaAST"

/** Whether values of this schema can have properties that it does not name. */
export const keepsUnknownNames = (ast: AST.AST): boolean => looseIn(ast, new Set())

/** Whether a property of this name stands anywhere in a value. */
export const hasOwnProto = (value: unknown): boolean => protoIn(value, new Set())

const looseIn = (ast: AST.AST, seen: Set<AST.AST>): boolean => {
  if (seen.has(ast)) {
    return false
  }
  seen.add(ast)
  const any = (...parts: ReadonlyArray<AST.AST>): boolean => parts.some((part) => looseIn(part, seen))
  switch (ast._tag) {
    case "UnknownKeyword":
    case "AnyKeyword":
    case "ObjectKeyword":
      return true
    case "Declaration":
      return any(...ast.typeParameters)
    case "TypeLiteral":
      return (
        ast.indexSignatures.length > 0 ||
        ast.propertySignatures.some(({ name, type }) => name === "__proto__" || any(type))
      )
    case "TupleType":
      return any(...ast.elements.map(({ type }) => type), ...ast.rest.map(({ type }) => type))
    case "Union":
      return any(...ast.types)
    case "Suspend":
      return any(ast.f())
    case "Refinement":
      return any(ast.from)
    case "Transformation":
      return any(ast.from, ast.to)
    default:
      return false
  }
}

const protoIn = (value: unknown, seen: Set<unknown>): boolean => {
  if (typeof value !== "object" || value === null || seen.has(value)) {
    return false
  }
  seen.add(value)
  if (Array.isArray(value) || value instanceof Set) {
    return someOf(value, seen)
  }
  if (value instanceof Map) {
    return someOf(value.keys(), seen) || someOf(value.values(), seen)
  }
  return Object.keys(value).some((key) => key === "__proto__" || protoIn(Reflect.get(value, key), seen))
}

const someOf = (values: Iterable<unknown>, seen: Set<unknown>): boolean => {
  for (const value of values) {
    if (protoIn(value, seen)) {
      return true
    }
  }
  return false
}
