// What is drawn where in the page's picture of the memory: a canvas tells a test only colours.

/// Where a block is on the page, six colours along its upper edge, above its number, and whether it
/// has the outline of one that is lit.
export function cellOf(page, index) {
  return page.evaluate(async (index) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const scroller = document.querySelector('.blocks.device');
    const canvas = scroller.querySelector('canvas');
    const cell = Number(canvas.dataset.cell);
    const columns = Math.floor((scroller.clientWidth - 8) / cell);
    const [x, y] = [4 + (index % columns) * cell, 4 + Math.floor(index / columns) * cell];
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const at = (dx, dy) => context.getImageData((x + dx) * devicePixelRatio, (y + dy) * devicePixelRatio, 1, 1).data.slice(0, 4).join();
    const side = cell - 2;
    const colours = [0, 1, 2, 3, 4, 5].map((i) => at(2.2 + (i * (side - 5)) / 5, 2));
    const isLit = `rgb(${at(0, side / 2).split(',', 3).join(', ')})` === getComputedStyle(canvas).color;
    const box = scroller.getBoundingClientRect();
    return { x: box.left + x + side / 2, y: box.top + y + side / 2, colours, isLit };
  }, index);
}
