// Draws blocks as cells: one field per owner, full for those in use, fainter for those kept and the
// fainter the older, hatched for those on the move, with the number of holders on the shared ones.
import { kCached, kFree, kInTransfer } from '../wire/block_map.js';

const kCells = [18, 14, 11, 8, 6, 5, 4];
const kMaxFields = 4;

/// The largest cell with which the first `extent` blocks fit; the smallest if none does.
export function cellFor(extent, width, height) {
  const fits = (cell) => Math.ceil(extent / Math.max(1, Math.floor(width / cell))) * cell <= height;
  return kCells.find(fits) ?? kCells.at(-1);
}

/// Opacity of a block: a kept one fades over ten thousand steps.
export function strength(state, age) {
  if (state !== kCached) return 1;
  return 0.22 + 0.43 * Math.max(0, 1 - Math.log10(1 + Math.max(0, age)) / 4);
}

function drawFields(context, colours, x, y, side) {
  const fields = colours.slice(0, kMaxFields);
  fields.forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect(x + (i * side) / fields.length, y, side / fields.length, side);
  });
}

function drawHatch(context, paint, x, y, side) {
  context.strokeStyle = paint.paper;
  context.lineWidth = Math.max(1, side / 6);
  context.beginPath();
  context.moveTo(x, y + side);
  context.lineTo(x + side, y);
  context.stroke();
}

function drawCount(context, paint, count, x, y, side) {
  context.fillStyle = paint.paper;
  context.beginPath();
  context.arc(x + side / 2, y + side / 2, side >= 12 ? side * 0.32 : side * 0.2, 0, 2 * Math.PI);
  context.fill();
  if (side < 12) return;
  context.fillStyle = paint.ink;
  context.font = `600 ${Math.round(side * 0.5)}px system-ui, sans-serif`;
  context.fillText(count > 99 ? '∞' : count, x + side / 2, y + side / 2 + 0.5);
}

function drawBlock(context, tier, index, x, y, side, paint) {
  const state = tier.states[index];
  if (state === kFree) {
    context.globalAlpha = 1;
    context.fillStyle = paint.free;
    context.fillRect(x, y, side, side);
    return;
  }
  const { colours, isLit } = paint.of(tier.responses[index]);
  context.globalAlpha = isLit === false ? 0.13 : isLit ? Math.max(0.8, strength(state, 0)) : strength(state, paint.step - tier.lastUsed[index]);
  drawFields(context, colours, x, y, side);
  if (state === kInTransfer) drawHatch(context, paint, x, y, side);
  if (tier.holders[index] > 1 && side >= 5) drawCount(context, paint, tier.holders[index], x, y, side);
  if (!isLit || side < 4) return;
  context.globalAlpha = 1;
  context.strokeStyle = paint.ink;
  context.lineWidth = 1.25;
  context.strokeRect(x + 0.6, y + 0.6, side - 1.2, side - 1.2);
}

/// view: { cell, columns, top, width, height } in CSS pixels; top: how far it is scrolled.
/// paint: { of(responses) -> { colours, isLit: true, false or null }, free, ink, paper, step, pointed }
export function drawBlocks(context, tier, view, paint) {
  const { cell, columns, top, width, height } = view;
  const side = cell - (cell > 6 ? 2 : 1);
  context.clearRect(0, 0, width, height);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const first = Math.floor(top / cell) * columns;
  const end = Math.min(tier.length, Math.ceil((top + height) / cell) * columns);
  for (let index = first; index < end; ++index) {
    const x = (index % columns) * cell;
    const y = Math.floor(index / columns) * cell - top;
    drawBlock(context, tier, index, x, y, side, paint);
    if (index !== paint.pointed) continue;
    context.globalAlpha = 1;
    context.strokeStyle = paint.accent;
    context.lineWidth = 2;
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  }
  context.globalAlpha = 1;
}
