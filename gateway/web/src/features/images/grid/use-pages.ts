import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { PAGE, pageQuery, type Image, type ImageSearch } from "@/features/images/api/search";
import { idOf } from "@/lib/api/client";

// More than anybody picks by hand: who wants more takes all that match.
const MAX_RANGE = 10_000;

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

/** The images of a search at any place of it: pages are fetched where one looks, and given up when one scrolls past them. */
export function usePages(project: string, search: ImageSearch, [first, last]: [number, number]): Pages {
  const cache = useQueryClient();
  const begin = useQuery(pageQuery(project, search, 0));
  const numbers = pageNumbers(first, last);
  const found = useQueries({ queries: numbers.map((number) => pageQuery(project, search, number)) });
  const counted = found.find((page) => page.data)?.data ?? begin.data;
  const known = counted && Number(counted.totalSize ?? 0);
  const [total, setTotal] = useState(known);
  if (known !== undefined && known !== total) setTotal(known);

  const at = (index: number) => found[numbers.indexOf(Math.floor(index / PAGE))]?.data?.images?.[index % PAGE];
  const idsBetween = useCallback(async (one: number, other: number) => {
    const from = Math.min(one, other);
    const to = Math.min(Math.max(one, other) + 1, from + MAX_RANGE);
    const wanted = pageNumbers(from, to);
    const pages = await Promise.all(wanted.map((number) => cache.query({ ...pageQuery(project, search, number), staleTime: "static" })));
    const offset = (wanted[0] ?? 0) * PAGE;
    return pages.flatMap((page) => page.images ?? []).slice(from - offset, to - offset).map((image) => idOf(image.name));
  }, [cache, project, search]);

  return {
    total,
    error: begin.error ?? found.find((page) => page.error)?.error ?? null,
    isFetching: begin.isFetching || found.some((page) => page.isFetching),
    at,
    idsBetween,
  };
}

function pageNumbers(first: number, last: number): number[] {
  if (last <= first) return [];
  const begin = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor((last - 1) / PAGE) - begin + 1 }, (_, number) => begin + number);
}
