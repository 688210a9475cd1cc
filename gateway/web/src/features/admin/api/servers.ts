import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export type ModelServer = Schemas["ModelServer"];

const EVERY_MS = 5000;

/** The servers that host models; looked at again and again, as versions are loaded in the background. */
export const modelServersQuery = infiniteQueryOptions({
  queryKey: ["modelServers"],
  queryFn: ({ pageParam }) => unwrap(api.GET("/v1/modelServers", { params: { query: { pageSize: 100, pageToken: pageParam } } })),
  initialPageParam: "",
  getNextPageParam: (page) => page.nextPageToken || undefined,
  refetchInterval: EVERY_MS,
});
