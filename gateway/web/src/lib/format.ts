// People who read English write dates in many ways: the browser knows in which.
function locale(): string {
  const language = document.documentElement.lang;
  return navigator.languages.find((each) => each.startsWith(language)) ?? language;
}

/** A number as people of the page's language write it. */
export function count(value: string | number | undefined): string {
  return Number(value ?? 0).toLocaleString(locale());
}

/** A share in [0, 1] as a percentage. */
export function percent(value: number | undefined): string {
  return (value ?? 0).toLocaleString(locale(), { style: "percent", maximumFractionDigits: 1 });
}

/** A number with so many digits after the point. */
export function decimal(value: number, digits: number): string {
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A time as people of the page's language write it; empty for none. */
export function time(value: string | undefined): string {
  return value ? new Date(value).toLocaleString(locale()) : "";
}

/** Bytes in the largest unit that keeps the number above one. */
export function bytes(value: string | number | undefined): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = Number(value ?? 0);
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size.toLocaleString(locale(), { maximumFractionDigits: 1 })} ${units[unit] ?? ""}`;
}
