interface Place {
  top: number;
  /** Index of the image that the keyboard stands on. */
  active: number;
}

const places = new Map<string, Place>();

function keyOf(project: string, search: { query: string; order: string }): string {
  return JSON.stringify([project, search.query, search.order]);
}

/** Where the grid of a search stood; the top of it for one that is new. */
export function placeOf(project: string, search: { query: string; order: string }): Place {
  return places.get(keyOf(project, search)) ?? { top: 0, active: 0 };
}

/** Keeps where the grid of a search stands, for who looks at an image and comes back. */
export function keepPlace(project: string, search: { query: string; order: string }, place: Partial<Place>): void {
  places.set(keyOf(project, search), { ...placeOf(project, search), ...place });
}
