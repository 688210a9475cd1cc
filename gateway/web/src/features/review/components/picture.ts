import type { ReviewedImage } from "@/features/review/api/review";

const SHOWN_BY_BROWSERS = new Set(["PNG", "JPEG", "WEBP", "BMP"]);
const MOST_PIXELS = 24e6;

/** Address of the picture to look at: the image itself, unless no browser shows it or it is a line scan of hundreds of megapixels. */
export function pictureOf(image: ReviewedImage): string {
  const isShown = SHOWN_BY_BROWSERS.has(image.format ?? "") && (image.width ?? 0) * (image.height ?? 0) <= MOST_PIXELS;
  return `/v1/${image.name ?? ""}:${isShown ? "download" : "thumbnail"}`;
}
