import { useLayoutEffect, useState, type RefObject } from "react";

// Where nothing is laid out, as in tests without a screen, the page looks like this.
const FALLBACK: [number, number] = [1000, 700];

/** Width and height of an element in CSS pixels, as they are now. */
export function useSize(element: RefObject<HTMLElement | null>): [number, number] {
  const [size, setSize] = useState(FALLBACK);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const read = () => {
      const { clientWidth, clientHeight } = target;
      if (clientWidth > 0) setSize((now) => (now[0] === clientWidth && now[1] === clientHeight ? now : [clientWidth, clientHeight]));
    };
    read();
    const watch = new ResizeObserver(read);
    watch.observe(target);
    return () => { watch.disconnect(); };
  }, [element]);
  return size;
}
