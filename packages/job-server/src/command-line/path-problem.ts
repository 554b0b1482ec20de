/** Why a path that a user typed cannot be used, in words. */

const problems: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: a part of it is a file",
  EACCES: "cannot be read: permission denied",
  EPERM: "cannot be read: permission denied"
}

/** The words for an error of `node:fs`, to follow the path. */
export const pathProblem = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
  return problems[code] ?? `cannot be read: ${code}`
}
