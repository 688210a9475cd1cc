import { useMutation, useQueryClient } from "@tanstack/react-query";
import { bitsOf } from "@/features/analyses/api/point-values";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

// As many arguments as every browser lets a call have.
const PIECE = 8192;

/** Points that are selected on a map. */
export interface PickedPoints {
  project: string;
  analysis: string;
  rows: Uint32Array;
  /** How many points the map has. */
  count: number;
}

/** Keeps points as a set of images, whose query the answer says. */
export function useKeepPoints() {
  return useMutation({ mutationFn: keepPoints });
}

/** Gives the images of points a tag. */
export function useTagPoints() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ tag, ...points }: PickedPoints & { tag: string }) => {
      const { query = "" } = await keepPoints(points);
      const path = { project: points.project };
      return unwrap(api.POST("/v1/projects/{project}/images:modifyTags", { params: { path }, body: { selector: { query }, add: [tag], requestId: newRequestId() } }));
    },
    onSuccess: (_, { project }) => cache.invalidateQueries({ queryKey: ["images", project] }),
  });
}

/** A bit a point, not an id: a million of them are 125 kB. */
function keepPoints({ project, analysis, rows, count }: PickedPoints): Promise<Schemas["ImageSet"]> {
  const body = { points: base64(bitsOf(rows, count)), requestId: newRequestId() };
  return unwrap(api.POST("/v1/projects/{project}/analyses/{analysis}:keepPoints", { params: { path: { project, analysis } }, body }));
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
