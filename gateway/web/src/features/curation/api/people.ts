import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

const MOST_FOUND = 8;

/** People whose name contains a text. */
export const peopleQuery = (name: string) =>
  queryOptions({
    queryKey: ["people", "byName", name],
    queryFn: () => unwrap(api.GET("/v1/users", { params: { query: { displayNameContains: name, pageSize: MOST_FOUND } } })),
    enabled: name !== "",
  });

/** One person, `users/{user}`. */
export const personQuery = (name: string) =>
  queryOptions({
    queryKey: ["people", name],
    queryFn: () => unwrap(api.GET("/v1/users/{user}", { params: { path: { user: name.replace("users/", "") } } })),
  });
