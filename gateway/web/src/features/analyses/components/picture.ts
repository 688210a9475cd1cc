import type { LegendEntry } from "@/features/analyses/components/palette";

const LINE = 20;
const PADDING = 16;
const COLUMN = 180;
const TOP = 44;

export interface LegendLine {
  entry: LegendEntry;
  label: string;
}

interface PictureParts {
  map: HTMLCanvasElement;
  title: string;
  legend: LegendLine[];
}

/** Where title, map and legend lie on a picture, in pixels; `width` and `height` are those of the map. */
export function layOut(width: number, height: number, lines: number) {
  const columns = Math.max(1, Math.floor((width - 2 * PADDING) / COLUMN));
  return {
    title: { x: PADDING, y: 30 },
    /** Where the map begins. */
    top: TOP,
    /** Of the whole picture. */
    height: height + 48 + Math.ceil(lines / columns) * LINE + PADDING,
    /** Left end and base of a line of the legend. */
    line: (index: number) => ({ x: PADDING + (index % columns) * COLUMN, y: height + 60 + Math.floor(index / columns) * LINE }),
  };
}

/** The map with its title and legend as a PNG, in the colours of the page. */
export async function makePicture({ map, title, legend }: PictureParts): Promise<Blob> {
  const style = getComputedStyle(document.body);
  const scale = window.devicePixelRatio;
  const [width, height] = [map.width / scale, map.height / scale];
  const layout = layOut(width, height, legend.length);
  const canvas = document.createElement("canvas");
  canvas.width = map.width;
  canvas.height = layout.height * scale;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw pictures.");
  context.scale(scale, scale);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, width, layout.height);
  context.fillStyle = style.color;
  context.font = `600 15px ${style.fontFamily}`;
  context.fillText(title, layout.title.x, layout.title.y, width - 2 * PADDING);
  context.drawImage(map, 0, layout.top, width, height);
  context.font = `13px ${style.fontFamily}`;
  legend.forEach(({ entry, label }, index) => {
    const { x, y } = layout.line(index);
    context.fillStyle = entry.color;
    context.beginPath();
    context.arc(x + 5, y - 4, 5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = style.color;
    context.fillText(label, x + 16, y, COLUMN - 20);
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob) resolve(blob); else reject(new Error("The picture could not be made.")); }, "image/png");
  });
}

/** Gives the person a file. */
export function offerFile(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
