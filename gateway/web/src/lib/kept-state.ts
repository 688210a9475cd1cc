import { useSyncExternalStore } from "react";

interface Kept<T> {
  get: () => T;
  set: (value: T) => void;
  use: () => T;
}

/** A value that this browser keeps between visits, such as how somebody likes a page; what cannot be read is the default. */
export function keptState<T extends object>(key: string, fallback: T): Kept<T> {
  const listeners = new Set<() => void>();
  let value = read(key, fallback);
  const get = () => value;
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  };
  return {
    get,
    set: (next) => {
      value = next;
      localStorage.setItem(key, JSON.stringify(next));
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}

function read<T extends object>(key: string, fallback: T): T {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return typeof kept === "object" && kept !== null ? { ...fallback, ...kept } : fallback;
  } catch {
    return fallback;
  }
}
