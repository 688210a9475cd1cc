import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

/** Who changed what of an image, the newest first. */
export const historyQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["images", project, "history", image],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/images/{image}/history", { params: { path: { project, image }, query: { pageSize: 100 } } })),
  });

/** Who may see an image; asked by the project's owner only. */
export const accessQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["images", project, "access", image],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/images/{image}/access", { params: { path: { project, image } } })),
    retry: false,
  });
