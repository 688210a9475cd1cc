import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

export const noticesQuery = (project: string, batch: string, refused: string) =>
  queryOptions({
    // A batch that goes on refuses more: its count is part of the key.
    queryKey: ["notices", project, batch, refused],
    queryFn: () =>
      unwrap(
        api.GET("/v1/projects/{project}/uploadBatches/{upload_batch}/notices", {
          params: { path: { project, upload_batch: batch }, query: { pageSize: 200 } },
        }),
      ),
    placeholderData: (before) => before,
  });
