import { useEffect, useState, type RefObject } from "react";

interface FaultMarkProps {
  text: string;
  /** First character at fault, from 0, and how many are; in code points. */
  position: number;
  length: number;
  input: RefObject<HTMLInputElement | null>;
}

/** A wavy line under the part of an input that cannot be read: the same text behind it, unseen but for the line. */
export function FaultMark({ text, position, length, input }: FaultMarkProps) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const target = input.current;
    if (!target) return;
    const follow = () => { setLeft(target.scrollLeft); };
    follow();
    target.addEventListener("scroll", follow);
    return () => { target.removeEventListener("scroll", follow); };
  }, [input, text]);
  const characters = Array.from(text);
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-0 right-9 left-8.5 flex items-center overflow-hidden font-mono text-sm whitespace-pre text-transparent">
      <span style={{ transform: `translateX(${-left}px)` }}>
        {characters.slice(0, position).join("")}
        <span className="underline decoration-danger decoration-wavy decoration-1 underline-offset-4">{characters.slice(position, position + length).join("") || " "}</span>
        {characters.slice(position + length).join("")}
      </span>
    </div>
  );
}
