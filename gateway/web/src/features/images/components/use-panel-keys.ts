import { useEffect } from "react";

interface PanelKeys {
  onClose: () => void;
  onStep: (step: 1 | -1) => void;
}

/** Escape closes an opened image, the arrows go to its neighbours; not while somebody types. */
export function usePanelKeys(isOpen: boolean, { onClose, onStep }: PanelKeys): void {
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLElement && event.target.closest("input, select, textarea")) return;
      if (event.key === "Escape") onClose();
      if (event.key === "ArrowRight") onStep(1);
      if (event.key === "ArrowLeft") onStep(-1);
    };
    document.addEventListener("keydown", press);
    return () => { document.removeEventListener("keydown", press); };
  }, [isOpen, onClose, onStep]);
}
