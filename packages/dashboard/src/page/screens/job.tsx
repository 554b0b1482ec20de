/** Stands for the screen until it is there. */
export const Job = () => <p>Job</p>
