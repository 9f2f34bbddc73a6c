// Asks for the API key of a server that wants one. It is kept for this tab only.
import { useLayoutEffect, useRef } from 'preact/hooks';

export function KeyDialog({ wasRefused, onKey }) {
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []); // What is typed next goes to it, however soon.
  const send = (event) => {
    event.preventDefault();
    const key = new FormData(event.target).get('key').trim();
    if (key) onKey(key);
  };
  return (
    <dialog class="panel small" ref={dialog} aria-labelledby="key-title" onCancel={(event) => event.preventDefault()}>
      <form onSubmit={send}>
        <header><h2 id="key-title">This server asks for a key</h2></header>
        <label class="wide">
          <span>API key</span>
          <input type="password" name="key" autocomplete="off" required aria-invalid={wasRefused} aria-describedby="key-note" />
        </label>
        <footer>
          <small id="key-note">{wasRefused ? 'That key was not accepted.' : 'It is kept until you close this tab.'}</small>
          <button class="solid" type="submit">Go on</button>
        </footer>
      </form>
    </dialog>
  );
}
