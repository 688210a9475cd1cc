import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";

/** Who is signed in; null for nobody. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Schemas["User"] | null> => {
    try {
      return await unwrap(api.GET("/v1/me"));
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}", { params: { path: { project } } })),
    refetchInterval: ({ state }) => (Number(state.data?.imageCounts?.pending ?? 0) > 0 ? 2000 : false),
  });

/** What somebody may do in a project. Nothing is offered that would be refused, also not while it is not known yet. */
export interface Rights {
  /** He may look and no more; false while it is not known. */
  onlyLooks: boolean;
  /** Images may be added, changed and deleted, and the project set up. */
  mayEdit: boolean;
  /** He decides who sees what. */
  isOwner: boolean;
  /** Whether he may change or delete what `creator` (`users/…`) made for himself or others to look at. */
  mayManage: (creator: string | undefined) => boolean;
}

/** What the person who is signed in may do in a project. */
export function useRights(project: string): Rights {
  const role = useQuery(projectQuery(project)).data?.callerRole;
  const me = useQuery(meQuery).data?.name;
  const isOwner = role === "PROJECT_ROLE_OWNER";
  const mayEdit = isOwner || role === "PROJECT_ROLE_EDITOR";
  return { onlyLooks: role !== undefined && !mayEdit, mayEdit, isOwner, mayManage: (creator) => isOwner || (me !== undefined && me === creator) };
}
