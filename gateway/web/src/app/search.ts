export const TABS = ["images", "upload", "maps", "curation", "results"] as const;
export type Tab = (typeof TABS)[number];

/** What of a project's page is in its address: who sends it on shows the same. */
export interface ProjectSearch {
  tab?: Tab;
  query?: string;
  /** Id of the opened map. */
  map?: string;
  /** Id of the opened image. */
  image?: string;
}

/** Reads the address; what it does not know is left out. */
export function readProjectSearch(search: Record<string, unknown>): ProjectSearch {
  const tab = TABS.find((each) => each === search["tab"]);
  const [query, map, image] = [text(search["query"]), text(search["map"]), text(search["image"])];
  return { ...(tab && { tab }), ...(query && { query }), ...(map && { map }), ...(image && { image }) };
}

function text(value: unknown): string {
  // The router reads `?query=5` as a number.
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
