// The photos among which an open one has a next and a previous: the grid's, or a group's.

let current = () => [];

export const follow = (photos) => (current = photos);
export const sequence = () => current();
