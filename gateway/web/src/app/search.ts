export const TABS = ["images", "upload", "maps", "curation", "quality", "review", "results", "settings"] as const;
/** The trash is part of the settings, and has an address of its own for whoever has just deleted something. */
const ADDRESSES = [...TABS, "trash"] as const;
export type Tab = (typeof ADDRESSES)[number];

/** What of a project's page is in its address: who sends it on shows the same. */
export interface ProjectSearch {
  tab?: Tab;
  query?: string;
  /** Order of the images; the newest first without it. */
  order?: string;
  /** Terms of the search that are switched off. */
  off?: string[];
  /** Id of the opened map. */
  map?: string;
  /** Id of the map beside it. */
  beside?: string;
  /** Id of the opened image. */
  image?: string;
}

/** Reads the address; what it does not know is left out. */
export function readProjectSearch(search: Record<string, unknown>): ProjectSearch {
  const tab = ADDRESSES.find((each) => each === search["tab"]);
  const [query, map, beside, image] = [text(search["query"]), text(search["map"]), text(search["beside"]), text(search["image"])];
  return { ...(tab && { tab }), ...(query && { query }), ...readOrder(search), ...(map && { map }), ...(beside && { beside }), ...(image && { image }) };
}

function readOrder(search: Record<string, unknown>): Pick<ProjectSearch, "order" | "off"> {
  const order = text(search["order"]);
  const off = Array.isArray(search["off"]) ? search["off"].map(text).filter((term) => term !== "") : [];
  return { ...(order && { order }), ...(off.length > 0 && { off }) };
}

function text(value: unknown): string {
  // The router reads `?query=5` as a number.
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
