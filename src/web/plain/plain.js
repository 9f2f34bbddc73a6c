// The page of a build without npm: one conversation, plain text, over the same WebSocket.
const log = document.getElementById('log');
const input = document.getElementById('input');
const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/responses`, ['octavo.v1']);
let previous = null;
let answer = null;

function line(role, text) {
  const paragraph = document.createElement('p');
  paragraph.className = role;
  paragraph.textContent = text;
  log.append(paragraph);
  return paragraph;
}

socket.onmessage = (message) => {
  const event = JSON.parse(message.data);
  if (event.type === 'response.output_text.delta') answer.textContent += event.delta;
  if (event.type === 'error') line('error', event.error.message);
  if (['response.completed', 'response.incomplete'].includes(event.type)) previous = event.response.id;
};
socket.onclose = () => line('error', 'The connection is closed: reload the page.');

document.getElementById('form').onsubmit = (submit) => {
  submit.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  line('user', text);
  answer = line('assistant', '');
  socket.send(JSON.stringify({ type: 'response.create', input: text, previous_response_id: previous }));
  input.value = '';
};
