import { useState } from 'preact/hooks';

/**
 * What an element needs to take what is dropped on it; it has `data-over` while something hovers over it.
 *
 * @param onDrop called in the drop event itself: its data is gone after it
 */
export function useDrop(onDrop: (data: DataTransfer) => void) {
  const [isOver, setOver] = useState(false);
  return {
    'data-over': isOver ? '' : undefined,
    onDragEnter(event: DragEvent) {
      event.preventDefault();
      setOver(true);
    },
    onDragOver: (event: DragEvent) => event.preventDefault(),
    onDragLeave(event: DragEvent) {
      const zone = event.currentTarget as HTMLElement;
      if (!zone.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop(event: DragEvent) {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer) onDrop(event.dataTransfer);
    },
  };
}
