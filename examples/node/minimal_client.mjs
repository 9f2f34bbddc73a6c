// A conversation with Octavo over a bare WebSocket, in a browser or in Node 22 or later, which have one built in. In Node 18
// and 20 the package `ws` takes its place (npm install ws, beside this file).
//   node minimal_client.mjs ["first question" "second question" ...]
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
const environment = globalThis.process?.env ?? {};
const base = (environment.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const key = environment.OCTAVO_API_KEY;
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;
const show = globalThis.process ? (text) => process.stdout.write(text) : (text) => console.log(text);

/// Opens a connection; ask(question) streams one answer and remembers what was said before.
export async function connect(onText) {
  const protocols = ['octavo.v1', ...(key ? [`openai-insecure-api-key.${key}`] : [])];
  const socket = new WebSocket(new URL('v1/responses', base.replace(/^http/, 'ws')), protocols);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no server at ${base}`));
  });

  let previous; // The id of the last response: what the next question continues.
  const ask = (question) =>
    new Promise((resolve, reject) => {
      socket.onclose = ({ code }) => reject(new Error(`the connection closed with ${code}`));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === 'response.output_text.delta') onText(event.delta);
        if (event.type === 'error') reject(new Error(event.error.message));
        if (event.type === 'response.failed') reject(new Error(event.response.error.message));
        if (event.type === 'response.completed' || event.type === 'response.incomplete') {
          previous = event.response.id;
          resolve(event.response);
        }
      };
      socket.send(JSON.stringify({ type: 'response.create', input: question, previous_response_id: previous }));
    });
  return { ask, close: () => socket.close() };
}

const questions = globalThis.process?.argv.slice(2) ?? [];
if (questions.length === 0) questions.push('Tell me a story about a fox named Pip and a lantern.', 'Where was the lantern?');
const conversation = await connect(show);
for (const question of questions) {
  show(`> ${question}\n`);
  const { usage } = await conversation.ask(question);
  show(`\n(${usage.input_tokens} tokens read, ${usage.output_tokens} written)\n`);
}
conversation.close();
