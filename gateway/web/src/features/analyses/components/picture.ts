import type { LegendEntry } from "@/features/analyses/components/palette";

const LINE = 20;
const PADDING = 16;

interface PictureParts {
  map: HTMLCanvasElement;
  title: string;
  legend: { entry: LegendEntry; label: string }[];
}

/** The map with its title and legend as a PNG, in the colours of the page. */
export async function makePicture({ map, title, legend }: PictureParts): Promise<Blob> {
  const style = getComputedStyle(document.body);
  const scale = window.devicePixelRatio;
  const [width, height] = [map.width / scale, map.height / scale];
  const columns = Math.max(1, Math.floor((width - 2 * PADDING) / 180));
  const rows = Math.ceil(legend.length / columns);
  const canvas = document.createElement("canvas");
  canvas.width = map.width;
  canvas.height = (height + 48 + rows * LINE + PADDING) * scale;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw pictures.");
  context.scale(scale, scale);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, width, canvas.height);
  context.fillStyle = style.color;
  context.font = `600 15px ${style.fontFamily}`;
  context.fillText(title, PADDING, 30, width - 2 * PADDING);
  context.drawImage(map, 0, 44, width, height);
  context.font = `13px ${style.fontFamily}`;
  legend.forEach(({ entry, label }, index) => {
    const [left, top] = [PADDING + (index % columns) * 180, height + 60 + Math.floor(index / columns) * LINE];
    context.fillStyle = entry.color;
    context.beginPath();
    context.arc(left + 5, top - 4, 5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = style.color;
    context.fillText(label, left + 16, top, 160);
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
