import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

const PAGE = 60;

export type Image = Schemas["Image"];

function isPending(image: Image): boolean {
  return image.state === "STATE_PENDING";
}

export const searchQuery = (project: string, query: string) =>
  infiniteQueryOptions({
    queryKey: ["images", project, "search", query],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/projects/{project}/images:search", {
          params: { path: { project }, query: { query, pageSize: PAGE, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
    // While images wait for their analysis they are looked at again.
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.images?.some(isPending)) ? 2000 : false),
  });

export const facetsQuery = (project: string, query: string) =>
  queryOptions({
    queryKey: ["images", project, "facets", query],
    queryFn: () =>
      unwrap(
        api.GET("/v1/projects/{project}/images:facets", {
          params: { path: { project }, query: { query, valueLimit: 8 } },
        }),
      ),
    placeholderData: (before) => before,
  });

export const imageQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["images", project, "one", image],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/images/{image}", { params: { path: { project, image } } })),
  });
