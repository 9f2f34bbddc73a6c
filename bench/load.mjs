// Drives a running server with streams and prints what they saw as one JSON object.
// usage: node load.mjs --url ws://HOST:PORT/v1/responses --concurrency N --requests N --prompt N --gen N
//        [--idle N] [--half-open N] [--intruder PROMPT_TOKENS] [--workload FILE] [--processes N] [--transport ws|sse|plain]
// --transport: the Responses API over WebSockets, as server-sent events over HTTP, or one answer at the end over HTTP, which
// has no first token and no gaps. Each request has a connection of its own.
// --workload: request i has the i-th lengths of a file as in bench/gpu, again from the start where there are more requests,
// and --prompt and --gen are not used. --processes: one process reads some ten thousand events a second at most; N share
// the requests, and the figures are of all of them.
// Needs the `ws` package in tests/e2e/node_modules (tests/support/install_modules.sh puts it there).
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../tests/e2e/package.json', import.meta.url));
const WebSocket = require('ws');

const options = { url: '', concurrency: 16, requests: 32, prompt: 32, gen: 64, vocab: 4096, idle: 0, 'half-open': 0, intruder: 0, workload: '', transport: 'ws', processes: 1, first: 0, step: 1, details: 0 };
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].slice(2);
  options[name] = typeof options[name] === 'string' ? process.argv[i + 1] : Number(process.argv[i + 1]);
}
const workload = options.workload ? JSON.parse(readFileSync(options.workload, 'utf8')) : null;

function lengthsOf(request) {
  if (!workload) return [options.prompt, options.gen];
  const place = request % workload.prompt_len.length;
  return [workload.prompt_len[place], workload.output_len[place]];
}

const gaps = [];
const ttft = [];
let numTokens = 0;
let numOk = 0;
let numFailed = 0;

let state = 12345;
function randomToken() {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return 256 + (state >>> 8) % (options.vocab - 256);
}

function stream(promptTokens, maxTokens, measure) {
  return new Promise((resolve) => {
    const start = performance.now();
    let last = 0;
    const socket = new WebSocket(options.url, { perMessageDeflate: false });
    socket.on('open', () => socket.send(JSON.stringify({
      type: 'response.create',
      octavo: { prompt_token_ids: Array.from({ length: promptTokens }, randomToken) },
      max_output_tokens: maxTokens, ignore_eos: true, temperature: 0, store: false,
    })));
    socket.on('message', (data) => {
      const event = JSON.parse(data);
      if (event.type === 'response.output_text.delta') {
        const now = performance.now();
        if (measure) {
          if (last === 0) ttft.push(now - start); else gaps.push(now - last);
        }
        last = now;
      } else if (event.type === 'error' || /^response\.(completed|incomplete|failed)$/.test(event.type)) {
        if (event.type === 'response.incomplete') {
          numOk += 1;
          if (measure) numTokens += event.response.usage.output_tokens;
        } else numFailed += 1;
        socket.close();
        resolve(performance.now() - start);
      }
    });
    socket.on('error', () => { numFailed += 1; resolve(0); });
  });
}

// The same request over HTTP; each event of a stream is read as over a WebSocket.
function httpStream(promptTokens, maxTokens, measure) {
  return new Promise((resolve) => {
    const start = performance.now();
    const streams = options.transport === 'sse';
    const body = JSON.stringify({
      octavo: { prompt_token_ids: Array.from({ length: promptTokens }, randomToken) },
      max_output_tokens: maxTokens, ignore_eos: true, temperature: 0, stream: streams, store: false,
    });
    let last = 0;
    let rest = '';
    const end = (response) => {
      if (response?.status === 'incomplete') {
        numOk += 1;
        if (measure) numTokens += response.usage.output_tokens;
      } else numFailed += 1;
      resolve(performance.now() - start);
    };
    const take = (event) => {
      if (event.type === 'response.output_text.delta') {
        const now = performance.now();
        if (measure) {
          if (last === 0) ttft.push(now - start); else gaps.push(now - last);
        }
        last = now;
      } else if (/^response\.(completed|incomplete|failed)$/.test(event.type)) {
        end(event.response);
      }
    };
    const url = options.url.replace(/^ws/, 'http');
    const request = http.request(url, { method: 'POST', agent: false, headers: { 'content-length': Buffer.byteLength(body) } }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (text) => {
        rest += text;
        if (!streams) return;
        const events = rest.split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const data = event.indexOf('data: {');
          if (data >= 0) take(JSON.parse(event.slice(data + 6)));
        }
      });
      answer.on('end', () => { if (!streams) end(answer.statusCode === 200 ? JSON.parse(rest) : undefined); });
    });
    request.on('error', () => end());
    request.end(body);
  });
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.round(share * (sorted.length - 1))] : 0;
}

async function openIdle() {
  const url = new URL(options.url);
  const held = [];
  for (let i = 0; i < options.idle; ++i) {
    held.push(await new Promise((resolve) => {
      const socket = new WebSocket(options.url, { perMessageDeflate: false });
      socket.on('open', () => resolve(socket));
      socket.on('error', () => resolve(socket));
    }));
  }
  for (let i = 0; i < options['half-open']; ++i) {
    held.push(await new Promise((resolve) => {
      const socket = net.connect(Number(url.port), url.hostname, () => { socket.write('POST'); resolve(socket); });
      socket.on('error', () => {});
    }));
  }
  return held;
}

// Runs this script once more for its share of the requests; answers what it saw, times included.
function share(index, count) {
  const arguments_ = process.argv.slice(1);
  const set = (name, value) => arguments_.push(`--${name}`, String(value));
  set('processes', 1);
  set('first', index);
  set('step', count);
  set('concurrency', Math.ceil((options.concurrency - index) / count));
  set('details', 1);
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece) => { text += piece; });
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`a process ended with ${code}`))));
  });
}

function report(seconds, intruderMs) {
  console.log(JSON.stringify({
    ok: numOk, failed: numFailed, seconds, output_tokens_per_s: numTokens / seconds,
    ttft_ms: { p50: percentile(ttft, 0.5), p95: percentile(ttft, 0.95), max: Math.max(0, ...ttft) },
    gap_ms: { p50: percentile(gaps, 0.5), p99: percentile(gaps, 0.99), max: gaps.reduce((a, b) => Math.max(a, b), 0) },
    intruder_ms: intruderMs,
  }));
  process.exit(0);
}

if (options.processes > 1) {
  const shares = await Promise.all(Array.from({ length: options.processes }, (_, i) => share(i, options.processes)));
  for (const each of shares) {
    numOk += each.ok;
    numFailed += each.failed;
    numTokens += each.tokens;
    for (const time of each.ttft) ttft.push(time);
    for (const gap of each.gaps) gaps.push(gap);
  }
  report((Math.max(...shares.map((each) => each.end)) - Math.min(...shares.map((each) => each.start))) / 1000, 0);
}

const held = await openIdle();
const start = Date.now();
let next = options.first;
async function worker() {
  while (next < options.requests) {
    const request = next;
    next += options.step;
    await (options.transport === 'ws' ? stream : httpStream)(...lengthsOf(request), true);
  }
}
const workers = Array.from({ length: options.concurrency }, worker);
let intruderMs = 0;
if (options.intruder) {
  while (gaps.length < options.concurrency * 8) await new Promise((resolve) => setTimeout(resolve, 20));
  gaps.length = 0;
  intruderMs = await stream(options.intruder, 1, false);
}
await Promise.all(workers);
const end = Date.now();
for (const socket of held) socket.terminate ? socket.terminate() : socket.destroy();
if (options.details) {
  process.stdout.write(JSON.stringify({ ok: numOk, failed: numFailed, tokens: numTokens, start, end, ttft, gaps }), () => process.exit(0));
} else {
  report((end - start) / 1000, intruderMs);
}
