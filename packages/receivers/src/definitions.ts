/**
 * What Kubernetes and two operators say that objects look like, as their Go modules carry it: downloaded by Go, checked
 * against a sum, and kept in its cache.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

const modules = {
  kubernetes: {
    module: "k8s.io/kubernetes@v1.34.1",
    sum: "h1:F3p8dtpv+i8zQoebZeK5zBqM1g9x1aIdnA5vthvcuUk="
  },
  "prometheus-operator": {
    module: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
  },
  "grafana-operator": {
    module: "github.com/grafana/grafana-operator/v5@v5.18.0",
    sum: "h1:ei7N2VfjsRjY8iprenH1IDV783WeV7CP5VNp//sB4hI="
  }
} as const

interface Downloaded {
  readonly Dir?: string
  readonly Sum?: string
  readonly Error?: string
}

const downloaded = (module: string): Promise<Downloaded> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, GOTOOLCHAIN: "local", GOWORK: "off", GONOSUMDB: "*" }
    execFile("go", ["mod", "download", "-json", module], { cwd: tmpdir(), env }, (error, stdout, stderr) => {
      if (stdout === "") {
        reject(new Error(`Go can't download ${module}: ${error?.message ?? ""} ${stderr}`))
      } else {
        resolve(JSON.parse(stdout))
      }
    })
  })

/** The text of a file of a module. */
export const fileOf = async (name: keyof typeof modules, file: string): Promise<string> => {
  const { module, sum } = modules[name]
  const { Dir, Error: problem, Sum } = await downloaded(module)
  if (Dir === undefined || Sum !== sum) {
    throw new Error(`${module}: ${problem ?? `its sum is ${Sum}, expected ${sum}`}`)
  }
  return readFileSync(path.join(Dir, file), "utf8")
}
