// A request of this page as a program that asks the same: for a shell, for Python, and for a load test.

const kWire = ['type', 'stream_id', 'event_id']; // What only a WebSocket needs.
/// What the official Python package knows by name; all else goes to it as extra_body.
const kPythonNames = ['conversation', 'include', 'input', 'instructions', 'max_output_tokens', 'max_tool_calls', 'metadata', 'model',
  'parallel_tool_calls', 'previous_response_id', 'prompt', 'prompt_cache_key', 'reasoning', 'safety_identifier', 'service_tier', 'store',
  'stream_options', 'temperature', 'text', 'tool_choice', 'tools', 'top_logprobs', 'top_p', 'truncation', 'user'];
const kEnds = "['response.completed', 'response.incomplete', 'response.failed', 'error']";

/// A program does not come back to an answer as the page does.
function withoutGrace({ octavo = {}, ...event }) {
  const { resume_grace_ms: _, ...rest } = octavo;
  return Object.keys(rest).length > 0 ? { ...event, octavo: rest } : event;
}

/// The body of POST /v1/responses that asks for the same.
export function bodyOf(event) {
  return Object.fromEntries(Object.entries(withoutGrace(event)).filter(([key]) => !kWire.includes(key)));
}

function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/// `base`: the address of the API, with /v1 at its end.
export function asCurl(event, base) {
  const body = JSON.stringify({ ...bodyOf(event), stream: true }, null, 2);
  return [`curl -N ${shellQuoted(`${base}/responses`)} \\`, `  -H 'Content-Type: application/json' \\`, `  -H "Authorization: Bearer \${OCTAVO_API_KEY:-none}" \\`, `  -d ${shellQuoted(body)}`, ''].join('\n');
}

/// A JSON value as Python writes it; a JSON string is one in Python, too.
function pythonValue(value, indent = '') {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  const items = Array.isArray(value) ? value.map((each) => pythonValue(each, inner)) : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${pythonValue(each, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close}`;
}

export function asPython(event, base) {
  const fields = Object.entries(bodyOf(event));
  const isNamed = ([key]) => kPythonNames.includes(key);
  const named = fields.filter(isNamed).map(([key, value]) => `    ${key}=${pythonValue(value, '    ')},`);
  const rest = Object.fromEntries(fields.filter((field) => !isNamed(field)));
  if (Object.keys(rest).length > 0) named.push(`    extra_body=${pythonValue(rest, '    ')},`);
  return `import os

from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(base)}, api_key=os.environ.get("OCTAVO_API_KEY", "none"))
stream = client.responses.create(
${named.join('\n')}
    stream=True,
)
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
print()
`;
}

/// For k6: every virtual user opens a connection, asks, and closes it when the answer has ended.
export function asK6(event, base) {
  const address = `${base.replace(/^http/, 'ws')}/responses`;
  return `import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

export const options = { vus: 1, iterations: 1 }; // More with: k6 run --vus 20 --duration 1m

const request = ${JSON.stringify(withoutGrace(event), null, 2)};
const ends = ${kEnds};
const firstText = new Trend('octavo_first_text', true);
const wholeAnswer = new Trend('octavo_whole_answer', true);
const numDeltas = new Counter('octavo_deltas');

export default function () {
  const key = __ENV.OCTAVO_API_KEY;
  const socket = new WebSocket(${JSON.stringify(address)}, null, key ? { headers: { Authorization: \`Bearer \${key}\` } } : {});
  let asked = 0;
  let hasText = false;
  socket.onopen = () => {
    asked = Date.now();
    socket.send(JSON.stringify(request));
  };
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === 'response.output_text.delta') {
      numDeltas.add(1);
      if (!hasText) firstText.add(Date.now() - asked);
      hasText = true;
    }
    if (!ends.includes(event.type)) return;
    wholeAnswer.add(Date.now() - asked);
    check(event, { 'the answer was completed': ({ type }) => type === 'response.completed' });
    socket.close();
  };
  socket.onerror = ({ error }) => check(null, { [\`no error (\${error})\`]: () => false });
}
`;
}
