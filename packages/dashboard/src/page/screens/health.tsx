/** Stands for the screen until it is there. */
export const Health = () => <p>Health</p>
