import { keptState } from "@/lib/kept-state";

interface FacetOptions {
  isOpen: boolean;
  /** Fields whose values are folded away. */
  closed: string[];
}

/** How somebody likes the side. */
export const facetOptions = keptState<FacetOptions>("loupe.facets", { isOpen: true, closed: ["model", "month"] });

export function toggleField(field: string): void {
  const { isOpen, closed } = facetOptions.get();
  facetOptions.set({ isOpen, closed: closed.includes(field) ? closed.filter((each) => each !== field) : [...closed, field] });
}
