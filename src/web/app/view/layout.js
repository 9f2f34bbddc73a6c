// Which parts of the page are shown, and what of it the next page remembers.
import { useEffect, useState } from 'preact/hooks';

import { focusNext } from './focus.js';

const kSideKey = 'octavo-side';
const kShelfKey = 'octavo-shelf';

/// Where the list of conversations lies over the page instead of beside it.
const kNarrow = '(max-width: 760px)';

/// Whether a part of the page is shown; remembered for the next page.
function useShown(key, otherwise) {
  const [isOpen, setOpen] = useState((localStorage.getItem(key) ?? otherwise) === 'open');
  const show = (isShown) => {
    localStorage.setItem(key, isShown ? 'open' : 'closed');
    setOpen(isShown);
  };
  return [isOpen, show];
}

/// The list of conversations: beside the page, where it stays as it is, or over it, where it takes the focus and gives it back.
export function useList() {
  const [isNarrow, setNarrow] = useState(matchMedia(kNarrow).matches);
  const [isOver, setOver] = useState(false);
  const [isBeside, showBeside] = useShown(kShelfKey, 'open');
  const showOver = (isShown) => {
    setOver(isShown);
    focusNext(isShown ? '.sidebar .new' : '.menu');
  };
  useEffect(() => {
    const narrow = matchMedia(kNarrow);
    const look = () => {
      setNarrow(narrow.matches);
      setOver(false); // Turned on its side, a phone may have room for both.
    };
    narrow.addEventListener('change', look);
    return () => narrow.removeEventListener('change', look);
  }, []);
  return { isOver, isBeside, isOpen: isNarrow ? isOver : isBeside, show: isNarrow ? showOver : showBeside, leave: () => setOver(false) };
}

/// Which panel is open beside the conversation; remembered for the next page. `isAsked`: somebody has just asked for it.
export function useSide() {
  const [{ kind, isAsked }, setSide] = useState({ kind: localStorage.getItem(kSideKey) || null, isAsked: false });
  const show = (wanted) => {
    localStorage.setItem(kSideKey, wanted ?? '');
    setSide({ kind: wanted, isAsked: true });
  };
  return { kind, isAsked, show, toggle: (wanted) => show(wanted === kind ? null : wanted) };
}
