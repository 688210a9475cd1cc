import { pathOf } from "@/features/uploads/api/send";

const MOST_FILES = 40;
const MOST_BYTES = 32_000_000;

/** Tables, labels and features speak of images, so they go last. */
const SPEAKS_OF_IMAGES = /\.(csv|jsonl|json|npy|parquet)$/i;

/**
 * The files in the portions in which they are sent: what a broken connection loses is one portion.
 *
 * Images come first. What speaks of images is one portion at the end, because it is applied when its portion has arrived.
 */
export function portions(files: readonly File[]): File[][] {
  const images = files.filter((file) => !SPEAKS_OF_IMAGES.test(file.name));
  const tables = files.filter((file) => SPEAKS_OF_IMAGES.test(file.name));
  const found: File[][] = [];
  let [current, size]: [File[], number] = [[], 0];
  for (const file of images) {
    if (current.length > 0 && (current.length >= MOST_FILES || size + file.size > MOST_BYTES)) {
      found.push(current);
      [current, size] = [[], 0];
    }
    current.push(file);
    size += file.size;
  }
  return [current, tables].reduce((all, portion) => (portion.length > 0 ? [...all, portion] : all), found);
}

/** What the files are, by their names: images, archives, tables. For a line that says what was recognised before anything is sent. */
export function recognised(files: readonly { name: string }[]): { images: number; archives: number; tables: string[] } {
  const tables = files.filter((file) => SPEAKS_OF_IMAGES.test(file.name)).map((file) => (file instanceof File ? pathOf(file) : file.name));
  const archives = files.filter((file) => /\.zip$/i.test(file.name)).length;
  return { images: files.length - archives - tables.length, archives, tables };
}
