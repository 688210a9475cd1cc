import { useMutation } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

/** What one call takes. */
export const MAX_PICTURE_BYTES = 12 * 1024 * 1024;

const COUNT = 48;

/** The images that are most like a picture, of which nothing is kept. */
export function useFindSimilarToPicture(project: string) {
  return useMutation({
    mutationFn: async ({ file, query }: { file: File; query: string }) =>
      unwrap(
        api.POST("/v1/projects/{project}/images:findSimilar", {
          params: { path: { project } },
          body: { picture: await base64(file), query, count: COUNT },
        }),
      ),
  });
}

const PIECE = 0x8000;

/** The bytes of a file as a JSON body holds them. */
async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // All at once would be more arguments than a call takes.
  for (let start = 0; start < bytes.length; start += PIECE) text += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  return btoa(text);
}
