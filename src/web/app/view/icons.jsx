// Line icons on a grid of 20, drawn in the colour of the text around them.

function icon(...paths) {
  return () => (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      {paths.map((path) => <path d={path} key={path} />)}
    </svg>
  );
}

export const Branches = icon('M6 5.5v9', 'M6 10c5 0 8 0 8-2.7', 'M6 2.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3M14 4.3a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3M6 14.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3');
export const Again = icon('M15.5 8a6 6 0 1 0 .3 3.5', 'M16 4v4.2h-4.2');
export const Blocks = icon('M4 4h5v5H4zM11 4h5v5h-5zM4 11h5v5H4zM11 11h5v5h-5z');
export const Brush = icon('M3 5h8M15 5h2M3 10h2M9 10h8M3 15h6M13 15h4', 'M13 3.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4M7 8.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4M11 13.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4');
export const Copy = icon('M7 7h9v9H7z', 'M4 13V4h9');
export const Down = icon('M10 4v12', 'M5 11l5 5 5-5');
export const Frames = icon('M6 15V4M3 7l3-3 3 3', 'M14 5v11M11 13l3 3 3-3');
export const Keyboard = icon('M2.5 5.5h15v9h-15z', 'M5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.7h7');
export const Left = icon('M12 5l-5 5 5 5');
export const Right = icon('M8 5l5 5-5 5');
export const Menu = icon('M3 6h14M3 10h14M3 14h14');
export const Moon = icon('M16 11.5A6.5 6.5 0 1 1 8.5 4a5 5 0 0 0 7.5 7.5z');
export const Pencil = icon('M4 16l.8-3.4L13.3 4.1a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1L7.4 15.2z');
export const Plus = icon('M10 4v12M4 10h12');
export const Send = icon('M10 16V4', 'M5 9l5-5 5 5');
export const Stop = icon('M6 6h8v8H6z');
export const Two = icon('M3.5 4h5.5v12H3.5zM11 4h5.5v12H11z');
export const Wrench = icon('M12.2 7.8L4.5 15.5M12.2 7.8a3.3 3.3 0 0 1 4-4.3l-2 2 .3 1 1 .3 2-2a3.3 3.3 0 0 1-4.3 4');
export const Trash = icon('M4 6h12M8 6V4h4v2M6 6l.6 10h6.8L14 6');
export const Download = icon('M10 3v9M6 8.5l4 4 4-4', 'M4 13v3.5h12V13');
export const Upload = icon('M10 12.5V3M6 7l4-4 4 4', 'M4 13v3.5h12V13');
export const Close = icon('M5 5l10 10M15 5L5 15');
export const Check = icon('M4 10.5l4 4 8-9');

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 7.5c4.6-1.9 9-1.7 13 1 4-2.7 8.4-2.9 13-1v17.6c-4.6-1.7-9-1.4-13 1.3-4-2.7-8.4-3-13-1.3z" />
      <path class="mark-lines" d="M16 9.5v15M6.5 12c2.3-.6 4.5-.5 6.5.4M6.5 16c2.3-.6 4.5-.5 6.5.4M6.5 20c2.3-.6 4.5-.5 6.5.4M19 12.4c2-.9 4.2-1 6.5-.4M19 16.4c2-.9 4.2-1 6.5-.4" />
    </svg>
  );
}
