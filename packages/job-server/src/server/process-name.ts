/** How the processes of a server are told apart in what they export. */

/** The resource attribute that holds the name of a process. */
export const processAttribute = "service.instance.name"
