// Tools, with the official `openai` SDK: the model calls a function of this program, gets its result, and answers. The first call is
// asked for (`tool_choice`), since a small model seldom calls of its own accord; leave that out with a model that does.
// Works with a server that was built with structured output (`make xgrammar`).
//   npm install openai zod
//   node openai_tools.mjs
// OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
import OpenAI from 'openai';
import { zodFunction, zodResponsesFunction } from 'openai/helpers/zod';
import { z } from 'zod';

const base = (process.env.OCTAVO_URL ?? 'http://127.0.0.1:8000').replace(/\/*$/, '/');
const client = new OpenAI({ baseURL: `${base}v1`, apiKey: process.env.OCTAVO_API_KEY ?? 'none' });
const model = (await client.models.list()).data[0].id;

const name = 'get_weather';
const parameters = z.object({ city: z.enum(['Bern', 'Rome', 'Oslo']), days: z.int().min(1).max(5) });
const getWeather = ({ city, days }) => `Sun in ${city} for ${days} days.`;
const question = 'How is the weather?';

// Chat completions: a call is an entry of the message's `tool_calls`, and its result a message of the role `tool`.
const messages = [{ role: 'user', content: question }];
const tools = [zodFunction({ name, parameters })];
const first = await client.chat.completions.parse({ model, messages, tools, tool_choice: 'required', parallel_tool_calls: false, max_tokens: 200 });
const [call] = first.choices[0].message.tool_calls;
const result = getWeather(call.function.parsed_arguments);
console.log(`chat: ${call.function.name}(${call.function.arguments}) -> ${result}`);
messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: result });
const second = await client.chat.completions.create({ model, messages, tools, tool_choice: 'none', max_tokens: 30 });
console.log('chat:', second.choices[0].message.content);

// The Responses API, streamed: a call is an item of the output, and its result an item of the next input.
const stream = client.responses.stream({
  model, input: question, tools: [zodResponsesFunction({ name, parameters })], tool_choice: { type: 'function', name }, max_output_tokens: 200,
});
process.stdout.write(`response: ${name}(`);
stream.on('response.function_call_arguments.delta', ({ delta }) => process.stdout.write(delta));
const response = await stream.finalResponse();
const item = response.output.find((each) => each.type === 'function_call');
const output = getWeather(item.parsed_arguments);
console.log(`) -> ${output}`);
const answer = await client.responses.create({
  model, previous_response_id: response.id, input: [{ type: 'function_call_output', call_id: item.call_id, output }], max_output_tokens: 30,
});
console.log('response:', answer.output_text);
