/** Stands for the screen until it is there. */
export const Jobs = () => <p>Jobs</p>
