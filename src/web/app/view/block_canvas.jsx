// All blocks of one tier on a canvas as large as what is seen of it; the rest is scrolled to. Blocks
// are pointed at with the mouse, a finger, or the arrow keys.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import { cellFor, drawBlocks } from './draw_blocks.js';

const kMargin = 4;
const kSteps = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (columns) => -columns, ArrowDown: (columns) => columns };

function viewOf(scroller, tier) {
  const width = scroller.clientWidth - 2 * kMargin;
  const height = scroller.clientHeight;
  const cell = cellFor(Math.max(tier.extent(), 1), width, height - 2 * kMargin);
  return { cell, columns: Math.max(1, Math.floor(width / cell)), width, height };
}

function draw(scroller, tier, paint) {
  const canvas = scroller.querySelector('canvas');
  const view = viewOf(scroller, tier);
  scroller.firstElementChild.style.height = `${Math.ceil(tier.length / view.columns) * view.cell + 2 * kMargin}px`;
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(scroller.clientWidth * ratio), Math.round(scroller.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.style.height = `${scroller.clientHeight}px`;
  // The sheet's colours come through the canvas's own style, where the browser has worked them out.
  const { color, backgroundColor, caretColor, textDecorationColor } = getComputedStyle(canvas);
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, kMargin * ratio, kMargin * ratio);
  context.clearRect(-kMargin, -kMargin, scroller.clientWidth, scroller.clientHeight);
  drawBlocks(context, tier, { ...view, top: scroller.scrollTop }, { ...paint, ink: color, paper: backgroundColor, free: caretColor, accent: textDecorationColor });
  canvas.dataset.cell = view.cell;
  return view;
}

export function BlockCanvas({ name, tier, paint, pointed, label, onPoint }) {
  const scroller = useRef(null);
  const view = useRef(null);
  const frame = useRef(0);
  const redraw = useRef(null);
  redraw.current = () => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      if (scroller.current) view.current = draw(scroller.current, tier, { ...paint, pointed });
    });
  };
  useLayoutEffect(() => redraw.current());
  useEffect(() => {
    const watcher = new ResizeObserver(() => redraw.current());
    watcher.observe(scroller.current);
    return () => (watcher.disconnect(), cancelAnimationFrame(frame.current));
  }, []);

  const indexAt = ({ clientX, clientY }) => {
    const { left, top } = scroller.current.getBoundingClientRect();
    const { cell, columns } = view.current;
    const column = Math.floor((clientX - left - kMargin) / cell);
    const index = Math.floor((clientY - top - kMargin + scroller.current.scrollTop) / cell) * columns + column;
    return column >= 0 && column < columns && index >= 0 && index < tier.length ? index : null;
  };
  const onKeyDown = (event) => {
    const step = kSteps[event.key]?.(view.current.columns);
    if (!step) return;
    event.preventDefault();
    const index = Math.min(tier.length - 1, Math.max(0, pointed === null ? 0 : pointed + step));
    const { cell, columns, height } = view.current;
    const y = Math.floor(index / columns) * cell;
    if (y < scroller.current.scrollTop || y + cell > scroller.current.scrollTop + height) scroller.current.scrollTop = y - height / 2;
    onPoint(index);
  };
  return (
    <div class={`blocks ${name}`} ref={scroller} role="application" aria-roledescription="map of blocks" aria-label={label} tabIndex={0} onKeyDown={onKeyDown} onScroll={() => redraw.current()}
      onPointerMove={(event) => view.current && onPoint(indexAt(event))} onPointerDown={(event) => view.current && onPoint(indexAt(event))}
      onPointerLeave={() => onPoint(null)} onBlur={() => onPoint(null)}>
      <div class="blocks-all"><canvas /></div>
    </div>
  );
}
