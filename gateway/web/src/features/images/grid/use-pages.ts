import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { PAGE, pageQuery, pendingInterval, type Image, type ImageSearch } from "@/features/images/api/search";
import { viewOptions } from "@/features/images/grid/view-options";
import { idOf } from "@/lib/api/client";

// More than anybody picks by hand: who wants more takes all that match.
const MAX_RANGE = 10_000;

/** First place and the one after the last. */
type Range = [number, number];

interface Pages {
  /** How many match; of the search before while a new one is under way, undefined before the first. */
  total: number | undefined;
  error: Error | null;
  isFetching: boolean;
  /** The image at a place, once its page has come. */
  at: (index: number) => Image | undefined;
  /** Ids of the images between two places, both included; what is not here yet is fetched. */
  idsBetween: (one: number, other: number) => Promise<string[]>;
}

/**
 * The images of a search at any place of it: pages are fetched where one looks, and given up when one scrolls past them.
 *
 * `wanted` are the places whose images are to be there, `shown` those that are drawn: only there new results are waited for.
 */
export function usePages(project: string, search: ImageSearch, wanted: Range, shown: Range): Pages {
  const withTags = viewOptions.use().tags;
  const cache = useQueryClient();
  // The first page always: it says how many there are.
  const key = [...new Set([...pageNumbers(wanted), 0])].join();
  const shownKey = pageNumbers(shown).join();
  // The same list as long as the same pages are wanted: comparing it with a new one takes as long as drawing tiles.
  const numbers = useMemo(() => key.split(",").map(Number), [key]);
  const queries = useMemo(
    () => numbers.map((number) => ({ ...pageQuery(project, search, number, withTags), refetchInterval: shownKey.split(",").includes(String(number)) && pendingInterval })),
    [project, search, withTags, numbers, shownKey],
  );
  const found = useQueries({ queries });
  const counted = found.find((page) => page.data)?.data;
  const known = counted && Number(counted.totalSize ?? 0);
  const [total, setTotal] = useState(known);
  if (known !== undefined && known !== total) setTotal(known);

  const at = (index: number) => found[numbers.indexOf(Math.floor(index / PAGE))]?.data?.images?.[index % PAGE];
  const idsBetween = useCallback(async (one: number, other: number) => {
    const from = Math.min(one, other);
    const to = Math.min(Math.max(one, other) + 1, from + MAX_RANGE);
    const between = pageNumbers([from, to]);
    const pages = await Promise.all(between.map((number) => cache.query({ ...pageQuery(project, search, number, withTags), staleTime: "static" })));
    const offset = (between[0] ?? 0) * PAGE;
    return pages.flatMap((page) => page.images ?? []).slice(from - offset, to - offset).map((image) => idOf(image.name));
  }, [cache, project, search, withTags]);

  return {
    total,
    error: found.find((page) => page.error)?.error ?? null,
    isFetching: found.some((page) => page.isFetching),
    at,
    idsBetween,
  };
}

function pageNumbers([first, last]: Range): number[] {
  if (last <= first) return [];
  const begin = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor((last - 1) / PAGE) - begin + 1 }, (_, number) => begin + number);
}
