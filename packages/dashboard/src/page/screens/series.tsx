/** Stands for the screen until it is there. */
export const Series = () => <p>Series</p>
