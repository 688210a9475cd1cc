import { useSyncExternalStore } from "react";
import type { Schemas } from "@/lib/api/client";

/** Which images somebody has picked: one by one, or all that match a query. */
export type Selection = { kind: "ids"; ids: ReadonlySet<string> } | { kind: "query"; query: string; total: number };

export const NOTHING: Selection = { kind: "ids", ids: new Set() };

// Kept outside the page: it outlives looking at an image and coming back.
const kept = new Map<string, Selection>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export function setSelection(project: string, selection: Selection): void {
  kept.set(project, selection);
  for (const listener of listeners) listener();
}

/** The selection in a project; one by query ends with the query. */
export function useSelection(project: string, query: string): Selection {
  const found = useSyncExternalStore(subscribe, () => kept.get(project) ?? NOTHING);
  return found.kind === "query" && found.query !== query ? NOTHING : found;
}

export function sizeOf(selection: Selection): number {
  return selection.kind === "ids" ? selection.ids.size : selection.total;
}

export function isIn(selection: Selection, id: string): boolean {
  return selection.kind === "query" || selection.ids.has(id);
}

/** One more or one less. Out of "all that match" nothing can be taken: that begins anew. */
export function toggled(selection: Selection, id: string): Selection {
  if (selection.kind === "query") return NOTHING;
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { kind: "ids", ids };
}

export function joined(selection: Selection, more: readonly string[]): Selection {
  return { kind: "ids", ids: new Set([...(selection.kind === "ids" ? selection.ids : []), ...more]) };
}

/** The selection as requests name it. */
export function selectorOf(selection: Selection): Schemas["ImageSelector"] {
  return selection.kind === "ids" ? { images: { ids: [...selection.ids] } } : { query: selection.query };
}
