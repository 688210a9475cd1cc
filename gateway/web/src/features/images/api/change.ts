import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Selector = Schemas["ImageSelector"];
export type Operation = Schemas["Operation"];

/** What can be done to many images at once; each answers with the operation that does it. */
export type Change =
  | { kind: "tags"; add?: string[]; remove?: string[] }
  | { kind: "label"; displayName: string }
  | { kind: "unlabel" }
  | { kind: "metadata"; set?: Record<string, string | number | boolean>; remove?: string[] }
  | { kind: "access"; mode: "MODE_INHERITED" | "MODE_RESTRICTED" }
  | { kind: "analyse"; model: string }
  | { kind: "copy"; destination: string; move: boolean }
  | { kind: "delete" };

export function changeImages(project: string, selector: Selector, change: Change): Promise<Operation> {
  const params = { path: { project } };
  const body = { selector, requestId: newRequestId() };
  switch (change.kind) {
    case "tags":
      return unwrap(api.POST("/v1/projects/{project}/images:modifyTags", { params, body: { ...body, add: change.add ?? [], remove: change.remove ?? [] } }));
    case "label":
      return unwrap(api.POST("/v1/projects/{project}/images:modifyLabels", { params, body: { ...body, displayName: change.displayName } }));
    case "unlabel":
      return unwrap(api.POST("/v1/projects/{project}/images:modifyLabels", { params, body: { ...body, clearClass: true } }));
    case "metadata":
      return unwrap(api.POST("/v1/projects/{project}/images:modifyMetadata", { params, body: { ...body, set: change.set ?? {}, remove: change.remove ?? [] } }));
    case "access":
      return unwrap(api.POST("/v1/projects/{project}/images:modifyAccess", { params, body: { ...body, mode: change.mode } }));
    case "analyse":
      return unwrap(api.POST("/v1/projects/{project}/images:analyse", { params, body: { ...body, ...(change.model && { model: change.model }) } }));
    case "copy":
      return unwrap(api.POST("/v1/projects/{project}/images:copy", { params, body: { ...body, destination: change.destination, move: change.move } }));
    case "delete":
      return unwrap(api.POST("/v1/projects/{project}/images:delete", { params, body }));
  }
}

/** Takes an operation back: what it changed and nobody changed since. Deleted images come out of the trash. */
export function takeBack(name: string, change: Change["kind"]): Promise<Operation> {
  const [, project = "", , operation = ""] = name.split("/");
  const requestId = newRequestId();
  return change === "delete"
    ? unwrap(api.POST("/v1/projects/{project}/deletedImages:restore", { params: { path: { project } }, body: { selector: { deletion: name }, requestId } }))
    : unwrap(api.POST("/v1/projects/{project}/operations/{operation}:undo", { params: { path: { project, operation } }, body: { requestId } }));
}

/** Changes one image, or a few; the lists are asked again afterwards. */
export function useChangeImages(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, change }: { ids: string[]; change: Change }) => changeImages(project, { images: { ids } }, change),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["images", project] }),
  });
}
