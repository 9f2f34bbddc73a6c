// What lights up blocks in the picture of the memory while it is pointed at or has the focus.

export function lights(chat, conversationId, nodeId) {
  const on = () => chat.memory.light({ conversationId, nodeId });
  const off = () => chat.memory.light(null);
  return { onMouseEnter: on, onMouseLeave: off, onFocusIn: on, onFocusOut: off };
}
