export const projects = ["packages/*"]

export default projects
