import { queryOptions, type QueryClient } from "@tanstack/react-query";
import type { ReviewedImage } from "@/features/review/api/review";
import { isForBrowsers, pixelsQuery } from "@/lib/api/pixels";

/** Address of the picture to look at: the image itself where a browser shows it the right way up, else its small picture. */
export const pictureQuery = (cache: QueryClient, project: string, image: ReviewedImage) =>
  queryOptions({
    queryKey: ["reviewPicture", image.name],
    // Chromium turns no WebP as EXIF says; the server knows which ones would have to be.
    queryFn: async () => addressOf(image, (await cache.query(pixelsQuery(project, image, false))).plain ?? false),
    ...(image.format !== "WEBP" && { initialData: addressOf(image, isForBrowsers(image)) }),
    staleTime: Infinity,
  });

function addressOf(image: ReviewedImage, isPlain: boolean): string {
  return `/v1/${image.name ?? ""}:${isPlain ? "download" : "thumbnail"}`;
}
