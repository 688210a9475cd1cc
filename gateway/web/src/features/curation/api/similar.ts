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

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => { resolve(String(reader.result).replace(/^[^,]*,/, "")); };
    reader.onerror = () => { reject(reader.error ?? new Error(file.name)); };
    reader.readAsDataURL(file);
  });
}
