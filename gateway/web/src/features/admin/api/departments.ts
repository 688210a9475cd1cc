import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Department = Schemas["Department"];

/** Creates a department, or changes the one that has a name. */
export function useSaveDepartment() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...changed }: Department) => {
      const query = { requestId: newRequestId() };
      if (!name) return unwrap(api.POST("/v1/departments", { params: { query }, body: changed }));
      const params = { path: { department: idOf(name) }, query: { ...query, updateMask: "displayName,description" } };
      return unwrap(api.PATCH("/v1/departments/{department}", { params, body: changed }));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["departments"] }),
  });
}

export function useDeleteDepartment() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.DELETE("/v1/departments/{department}", { params: { path: { department: idOf(name) }, query: { requestId: newRequestId() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["departments"] }),
  });
}

export const membershipRequestsQuery = infiniteQueryOptions({
  queryKey: ["membershipRequests"],
  queryFn: ({ pageParam }) => unwrap(api.GET("/v1/membershipRequests", { params: { query: { pageSize: 100, pageToken: pageParam } } })),
  initialPageParam: "",
  getNextPageParam: (page) => page.nextPageToken || undefined,
});

export function useDecide() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, isApproved }: { name: string; isApproved: boolean }) => {
      const call = { params: { path: { membership_request: idOf(name) } }, body: { requestId: newRequestId() } };
      return unwrap(isApproved ? api.POST("/v1/membershipRequests/{membership_request}:approve", call) : api.POST("/v1/membershipRequests/{membership_request}:decline", call));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["membershipRequests"] }),
  });
}
