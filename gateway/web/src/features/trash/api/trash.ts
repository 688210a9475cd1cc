import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type DeletedImage = Schemas["DeletedImage"];
export type TrashSelector = Schemas["TrashSelector"];

const A_PAGE = 200;

export const trashQuery = (project: string) =>
  infiniteQueryOptions({
    queryKey: ["trash", project],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/projects/{project}/deletedImages", { params: { path: { project }, query: { pageSize: A_PAGE, pageToken: pageParam } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export const useRestore = (project: string) =>
  useMutation({
    mutationFn: (selector: TrashSelector) =>
      unwrap(api.POST("/v1/projects/{project}/deletedImages:restore", { params: { path: { project } }, body: { selector, requestId: newRequestId() } })),
  });

export const usePurge = (project: string) =>
  useMutation({
    mutationFn: (selector: TrashSelector) =>
      unwrap(api.POST("/v1/projects/{project}/deletedImages:purge", { params: { path: { project } }, body: { selector, requestId: newRequestId() } })),
  });
