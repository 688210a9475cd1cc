import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

/** Images fetched at once; the grid asks for the pages that it shows. */
export const PAGE = 100;
// A page that nobody looks at is forgotten after this time, so that memory stays the same however far one scrolls.
const KEPT_MS = 60_000;

export type Image = Schemas["Image"];
export const ORDERS = ["ORDER_NEWEST", "ORDER_OLDEST", "ORDER_FILE_NAME", "ORDER_CONFIDENCE", "ORDER_OUTLIER"] as const;
export type Order = (typeof ORDERS)[number];

// What a tile shows; the rest, of which tags are the most, takes the server and the page as long again.
const TILE_FIELDS = ["file_name", "format", "state", "width", "height", "predictions", "labels"];

/** What is asked for, as it stands in the address. */
export interface ImageSearch {
  query: string;
  order: Order;
}

/** When a page is looked at again: soon, while images of it wait for their analysis. */
export function pendingInterval({ state }: { state: { data?: { images?: Image[] } | undefined } }): number | false {
  return state.data?.images?.some((image) => image.state === "STATE_PENDING") ? 2000 : false;
}

/** The images from `index * PAGE` on, as far as tiles show them, and how many match in all. */
export const pageQuery = (project: string, { query, order }: ImageSearch, index: number, withTags: boolean) =>
  queryOptions({
    queryKey: ["images", project, "page", query, order, index, withTags],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/v1/projects/{project}/images:search", {
          params: { path: { project }, query: { query, order, pageSize: PAGE, skip: index * PAGE, readMask: [...TILE_FIELDS, ...(withTags ? ["tags"] : [])].join() } },
          signal,
        }),
      ),
    staleTime: 10_000,
    gcTime: KEPT_MS,
  });

export const facetsQuery = (project: string, query: string, fields: string[], filter = "") =>
  queryOptions({
    queryKey: ["images", project, "facets", query, fields, filter],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/v1/projects/{project}/images:facets", {
          params: { path: { project }, query: { query, fields, valueLimit: 12, valueFilter: filter } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

export const histogramsQuery = (project: string, query: string, fields: string[]) =>
  queryOptions({
    queryKey: ["images", project, "histograms", query, fields],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/v1/projects/{project}/images:histograms", {
          params: { path: { project }, query: { query, fields, bins: 24 } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

export const imageQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["images", project, "one", image],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/images/{image}", { params: { path: { project, image } } })),
    staleTime: 5000,
  });

/** Where an image stands in a search, and which ones stand beside it. */
export const neighborsQuery = (project: string, { query, order }: ImageSearch, image: string) =>
  queryOptions({
    queryKey: ["images", project, "neighbors", query, order, image],
    queryFn: () =>
      unwrap(
        api.GET("/v1/projects/{project}/images:neighbors", {
          params: { path: { project }, query: { image: `projects/${project}/images/${image}`, query, order } },
        }),
      ),
    staleTime: 30_000,
  });
