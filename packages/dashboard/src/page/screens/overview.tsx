/** Stands for the screen until it is there. */
export const Overview = () => <p>Overview</p>
