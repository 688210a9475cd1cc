import { noop, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { sayOf, takeItems, type Asked, type ReviewedImage, type ReviewItem, type Word } from "@/features/review/api/review";
import { pictureQuery } from "@/features/review/components/picture";

const AHEAD = 8;
const MOST = 50;
// What is taken belongs to the reviewer for two minutes; he may look longer.
const RENEW_MS = 60_000;

interface Queue {
  items: readonly ReviewItem[];
  /** Place of the image that is shown. */
  at: number;
  isEnd: boolean;
}

const EMPTY: Queue = { items: [], at: 0, isEnd: false };

/**
 * The images to review. The next ones and their pictures are fetched ahead, and what is said is sent while the next one is
 * looked at: nobody waits for the network between two images.
 */
export function useQueue(project: string, asked: Asked, onSaved: () => void, onFailed: (image: ReviewedImage, error: Error, reopen: () => void) => void) {
  const cache = useQueryClient();
  const [queue, setQueue] = useState(EMPTY);
  const [said, setSaid] = useState<ReadonlyMap<string, Word>>(new Map());
  const [error, setError] = useState<Error | null>(null);
  const isTaking = useRef(false);
  const pictures = useRef(new Map<string, HTMLImageElement>());
  const left = queue.items.length - queue.at;

  const take = useCallback((wanted: number) => {
    if (isTaking.current) return;
    isTaking.current = true;
    takeItems(project, asked, Math.min(wanted, MOST))
      .then(
        (found) => {
          setError(null);
          setQueue((now) => withFresh(now, found));
        },
        (failure: unknown) => {
          setError(errorOf(failure));
          setQueue((now) => ({ ...now, isEnd: true }));
        },
      )
      .finally(() => { isTaking.current = false; });
  }, [project, asked]);

  useEffect(() => {
    if (left < AHEAD && !queue.isEnd) take(left + 2 * AHEAD);
  }, [left, queue.isEnd, take]);

  useEffect(() => {
    const timer = setInterval(() => { take(Math.max(left, 1)); }, RENEW_MS);
    return () => { clearInterval(timer); };
  }, [left, take]);

  useEffect(() => {
    for (const { image } of queue.items.slice(queue.at, queue.at + AHEAD)) {
      if (!image?.name || pictures.current.has(image.name)) continue;
      const picture = new Image();
      pictures.current.set(image.name, picture);
      // What goes wrong is seen when its turn comes.
      cache.query(pictureQuery(cache, project, image)).then((address) => { picture.src = address; }, noop);
    }
  }, [cache, project, queue]);

  const item = queue.items[queue.at];
  const say = useCallback((word: Word) => {
    if (!item?.image) return;
    const { image } = item;
    setSaid((now) => new Map(now).set(image.name ?? "", word));
    setQueue((now) => ({ ...now, at: now.at + 1 }));
    sayOf(project, item, word).then(onSaved, (failure: unknown) => {
      onFailed(image, errorOf(failure), () => {
        setQueue((now) => ({ ...now, at: Math.max(0, now.items.indexOf(item)) }));
      });
    });
  }, [item, project, onSaved, onFailed]);

  const back = useCallback(() => { setQueue((now) => ({ ...now, at: Math.max(0, now.at - 1) })); }, []);
  const again = useCallback(() => { setQueue(EMPTY); }, []);

  const next = queue.items[queue.at + 1];
  return { item, next, said: said.get(item?.image?.name ?? ""), isAtStart: queue.at === 0, isWaiting: !item && !queue.isEnd, error, say, back, again };
}

function withFresh(queue: Queue, found: readonly ReviewItem[]): Queue {
  const known = new Set(queue.items.map((each) => each.image?.name));
  const fresh = found.filter((each) => !known.has(each.image?.name));
  return { ...queue, items: [...queue.items, ...fresh], isEnd: fresh.length === 0 };
}

function errorOf(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
