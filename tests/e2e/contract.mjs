// Holds events against the Open Responses contract: every event of the standard must satisfy its schema and may carry
// no members beyond it but `stream_id` and `octavo`; Octavo's own events have a check each.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const contract = JSON.parse(
  readFileSync(new URL('data/open-responses/openapi-2026-04-24.json', import.meta.url), 'utf8'));
const schemas = contract.components.schemas;
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(contract, 'contract');

const standard = new Map();
for (const [name, schema] of Object.entries(schemas)) {
  if (!name.endsWith('StreamingEvent') || name === 'ErrorStreamingEvent') continue;
  standard.set(schema.properties.type.enum[0], compile(name));
}
const checkError = compile('WebSocketErrorEvent');

function compile(name) {
  return { validate: ajv.compile({ $ref: `contract#/components/schemas/${name}` }), schema: schemas[name] };
}

function only(object, schema, extras, where) {
  for (const key of Object.keys(object)) {
    assert.ok(key in schema.properties || extras.includes(key), `${where} has a member of its own: ${key}`);
  }
}

const isCount = (value) => Number.isInteger(value) && value >= 0;

function checkBlocks(event) {
  const sizes = [event.tiers.device.num_blocks, event.tiers.host.num_blocks];
  const isEntry = ([tier, first, count, state, holders, indices, lastUsed]) =>
    isCount(first) && count >= 1 && first + count <= sizes[tier] && (state === 0
      ? holders === undefined && !event.full
      : state <= 3 && isCount(holders) && isCount(lastUsed) && indices.length <= 8 && indices.every((index) => index in event.responses));
  return ['sequence_number', 'step', 'block_size', ...sizes.keys()].every((name) => isCount(event[name] ?? sizes[name]))
    && [undefined, true].includes(event.full) && [undefined, true].includes(event.more)
    && event.responses.every((id) => /^(resp|other)_/.test(id)) && event.blocks.every(isEntry);
}

const own = {
  'octavo:blocks': checkBlocks,
  'octavo:metrics': (e) => ['sequence_number', 'running', 'waiting', 'preempted', 'num_connections'].every((name) => isCount(e[name]))
    && ['device_usage', 'host_usage'].every((name) => e[name] >= 0 && e[name] <= 1) && e.tokens_per_s >= 0
    && Object.values(e.totals ?? {}).every(isCount) && Object.values(e.times ?? {}).every(({ bounds, counts }) => counts.every(isCount) && counts.length === bounds.length + 1),
  'octavo:goaway': (e) => typeof e.reason === 'string' && isCount(e.time_left_ms),
  'octavo:response.progress': (e) => /^resp_/.test(e.response_id) && e.time_left_ms >= 0 && e.computed_tokens <= e.prompt_tokens
    && ['queue_position', 'prompt_tokens', 'computed_tokens', 'cached_tokens'].every((name) => isCount(e[name])),
  'octavo:response.preempted': (e) => /^resp_/.test(e.response_id) && ['swap', 'recompute'].includes(e.mode),
  'octavo:response.resumed': (e) => /^resp_/.test(e.response_id) && ['swap', 'recompute'].includes(e.mode),
};

// Steering is younger than the contract; these are the official SDK's types, ResponseSteerAcceptedEvent and
// ResponseSteerFailedEvent.
const hasOnly = (object, names) => Object.keys(object).every((name) => names.includes(name));
const steering = {
  'response.steer.accepted': (e) =>
    hasOnly(e, ['type', 'sequence_number', 'steer', 'stream_id']) && hasOnly(e.steer, ['id', 'previous_response_id']) &&
    typeof e.steer.id === 'string' && typeof e.steer.previous_response_id === 'string',
  'response.steer.failed': (e) =>
    hasOnly(e, ['type', 'sequence_number', 'steer', 'error', 'stream_id']) &&
    hasOnly(e.steer, ['id', 'previous_response_id', 'input']) && 'input' in e.steer &&
    typeof e.steer.previous_response_id === 'string' &&
    hasOnly(e.error, ['type', 'code', 'message']) && e.error.type === 'invalid_request_error' &&
    typeof e.error.code === 'string' && typeof e.error.message === 'string',
};
// What a model thinks has other names in the SDK than in this release of the contract, with the same members; and the end of
// a call's arguments names the function in the SDK alone.
const renamed = {
  'response.reasoning_text.delta': 'response.reasoning.delta',
  'response.reasoning_text.done': 'response.reasoning.done',
};
const younger = { 'response.function_call_arguments.done': ['name'] };

export const isSteering = (event) => event.type in steering;

function checkExtension(octavo) {
  for (const name of ['queue_ms', 'prefill_ms', 'ttft_ms', 'decode_ms', 'tokens_per_s']) {
    assert.ok(octavo.timings[name] >= 0, `octavo.timings.${name}`);
  }
  for (const name of ['preemptions', 'cached_tokens', 'blocks_shared']) assert.ok(isCount(octavo[name]), name);
  if ('scores' in octavo) assert.ok(octavo.scores.length > 0 && octavo.scores.every(Number.isFinite), 'octavo.scores');
  assert.ok(hasOnly(octavo, ['timings', 'preemptions', 'cached_tokens', 'blocks_shared', 'scores']));
}

/** Throws when an event breaks the contract. */
export function checkEvent(event) {
  if (event.type === 'error') {
    assert.ok(checkError.validate(event), `${JSON.stringify(event)}: ${ajv.errorsText(checkError.validate.errors)}`);
    assert.ok(event.status >= 400 && event.status < 600);
    assert.match(event.error.message, /^[^\n]+$/);
    return;
  }
  if (event.type.startsWith('octavo:')) {
    assert.ok(own[event.type]?.(event), `bad extension event ${JSON.stringify(event)}`);
    return;
  }
  if (isSteering(event)) {
    assert.ok(isCount(event.sequence_number) && steering[event.type](event), `bad steering event ${JSON.stringify(event)}`);
    return;
  }
  const type = renamed[event.type] ?? event.type;
  const known = standard.get(type);
  assert.ok(known, `unknown event type ${event.type}`);
  assert.ok(known.validate({ ...event, type }), `${event.type}: ${ajv.errorsText(known.validate.errors)}`);
  only(event, known.schema, ['stream_id', ...(younger[type] ?? [])], event.type);
  if (event.response) checkMembers(event.response, event.type);
}

function checkMembers(response, where) {
  only(response, schemas.ResponseResource, ['octavo'], `${where} response`);
  if (response.octavo) checkExtension(response.octavo);
}

const resource = compile('ResponseResource');
/** The same for a `response` that is a body of its own. */
export function checkResponse(response) {
  assert.ok(resource.validate(response), ajv.errorsText(resource.validate.errors));
  checkMembers(response, 'a body:');
}

const terminal = new Set(['response.completed', 'response.incomplete', 'response.failed']);
export const isTerminal = (event) => terminal.has(event.type);

/** Follows one response: numbers from 0 without a gap, and the order in which its events may come. */
export class ResponseOrder {
  next = 0;
  items = new Map();  // output_index -> the step that the item has reached
  ended = false;

  /** An event about the response that is none of its own; also after its end. */
  acceptNumber(event) { assert.equal(event.sequence_number, this.next++, `the number of ${event.type}`); }

  accept(event) {
    assert.ok(!this.ended, `${event.type} came after the end`);
    this.acceptNumber(event);
    if (event.sequence_number === 0) assert.equal(event.type, 'response.created');
    if (event.sequence_number === 1) assert.equal(event.type, 'response.in_progress');
    const index = event.output_index;
    const step = (from, to) => {
      assert.ok(from.includes(this.items.get(index)), `${event.type} after ${this.items.get(index)}`);
      this.items.set(index, to);
    };
    switch (event.type) {
      case 'response.output_item.added': step([undefined], 'item'); break;
      case 'response.content_part.added': step(['item'], 'part'); break;
      case 'response.output_text.delta': step(['part'], 'part'); break;
      case 'response.output_text.done': step(['part'], 'text'); break;
      case 'response.reasoning_text.delta': step(['part'], 'part'); break;
      case 'response.reasoning_text.done': step(['part'], 'text'); break;
      case 'response.function_call_arguments.delta': step(['item', 'arguments'], 'arguments'); break;
      case 'response.function_call_arguments.done': step(['arguments'], 'part done'); break;
      case 'response.content_part.done': step(['text'], 'part done'); break;
      case 'response.output_item.done': step(['part done'], 'done'); break;
    }
    if (!isTerminal(event)) return;
    this.ended = true;
    for (const [item, reached] of this.items) assert.equal(reached, 'done', `item ${item} at the end`);
    assert.ok(event.response.usage, 'the end carries usage');
  }
}
