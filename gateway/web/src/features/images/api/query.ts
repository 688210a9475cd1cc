import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export type Suggestion = Schemas["QuerySuggestion"];

/** How a query may go on at the cursor; `cursor` in code points. */
export const completionQuery = (project: string, query: string, cursor: number, language: string) =>
  queryOptions({
    queryKey: ["images", project, "completion", query, cursor, language],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/v1/projects/{project}/images:completeQuery", {
          params: { path: { project }, query: { query, cursor, limit: 12, languageCode: language } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 5000,
    retry: false,
  });

/** What is wrong with a query, if anything. */
export const faultQuery = (project: string, query: string) =>
  queryOptions({
    queryKey: ["images", project, "fault", query],
    queryFn: async ({ signal }) => {
      const read = await unwrap(api.GET("/v1/projects/{project}/images:parseQuery", { params: { path: { project }, query: { query } }, signal }));
      return read.fault ?? null;
    },
    staleTime: Infinity,
    retry: false,
  });
