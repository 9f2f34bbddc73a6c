// The Vercel AI SDK, which reads every chunk with strict types: through its client for compatible servers, and through
// OpenAI's own for the Responses API.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, streamText } from 'ai';
import { z } from 'zod';
import { serverFor, suiteScope, untilIdle } from './helpers.mjs';

const prompt = 'Tell me a story about a fox named Pip and a lantern.';

describe('the AI SDK', () => {
  let server;
  const suite = suiteScope();
  before(async () => (server = await serverFor(suite)));
  const models = () => {
    const baseURL = `${server.url}v1`;
    const openai = createOpenAI({ baseURL, apiKey: 'none' });
    const compatible = createOpenAICompatible({ name: 'octavo', baseURL, includeUsage: true });
    return { chat: compatible.chatModel('octavo-demo'), completion: compatible.completionModel('octavo-demo'),
             'openai chat': openai.chat('octavo-demo'), responses: openai.responses('octavo-demo') };
  };

  test('whole and streamed answers agree over every endpoint', async () => {
    for (const [name, model] of Object.entries(models())) {
      const settings = { model, prompt, temperature: 0, maxOutputTokens: 30, maxRetries: 0 };
      const whole = await generateText(settings);
      // A completion has the SDK's own words around the prompt, to which the demo model says little.
      if (name !== 'completion') assert.equal(whole.usage.outputTokens, 30, name);
      assert.ok(whole.text.length > 0, name);
      const errors = [];
      const streamed = streamText({ ...settings, onError: ({ error }) => errors.push(error) });
      let text = '';
      for await (const delta of streamed.textStream) text += delta;
      assert.deepEqual(errors, [], name);
      assert.equal(text, whole.text, name);
      assert.equal((await streamed.usage).outputTokens, whole.usage.outputTokens, name);
      assert.equal(await streamed.finishReason, whole.finishReason, name);
    }
  });

  test('a stream that is aborted is given up by the server', async () => {
    for (const model of Object.values(models())) {
      const controller = new AbortController();
      const streamed = streamText({ model, prompt, maxOutputTokens: 1800, abortSignal: controller.signal, maxRetries: 0, onError() {} });
      for await (const delta of streamed.textStream) if (delta) controller.abort();
      await untilIdle(server);
    }
  });

  test('an object is streamed as its schema says', async () => {
    const schema = z.object({ title: z.string().max(20), pages: z.number().int().min(1).max(99) });
    for (const name of ['openai chat', 'responses']) {
      const { partialOutputStream, output } = streamText({ model: models()[name], prompt, maxOutputTokens: 200, maxRetries: 0, output: Output.object({ schema }) });
      let last;
      for await (const partial of partialOutputStream) last = partial;
      assert.deepEqual(last, await output, name);
      assert.ok(schema.safeParse(last).success, name);
    }
  });

  test('a refusal is told in the server\'s words', async () => {
    await assert.rejects(generateText({ model: models().chat, prompt: 'fox '.repeat(3000), maxRetries: 0 }), /context length is 2048/);
  });
});
