import { queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export type DriftGroup = Schemas["DriftGroup"];

/** How far the images of the newest outlier scores are from their reference. */
export const driftQuery = (project: string, groupBy: string) =>
  queryOptions({
    queryKey: ["drift", project, groupBy],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}:measureDrift", { params: { path: { project }, query: { groupBy } } })),
    retry: false,
  });
