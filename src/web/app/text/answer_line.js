// What an answer cost, in one short line under it.

function seconds(ms) {
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)} s`;
}

function rate(perSecond) {
  return perSecond < 9.95 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/// Short parts for the line, and everything that was measured for its tooltip.
export function describeFacts(facts) {
  const parts = [];
  const all = [];
  const ttft = facts.seenTtftMs ?? facts.serverTtftMs;
  if (facts.tokensPerSecond) parts.push(`${rate(facts.tokensPerSecond)} tokens/s`);
  if (ttft !== null) parts.push(`first token ${seconds(ttft)}`);
  if (facts.tokens !== null) parts.push(`${facts.tokens} token${facts.tokens === 1 ? '' : 's'}`);
  if (facts.cachedTokens > 0) parts.push(`prompt ${facts.cachedTokens} of ${facts.promptTokens} cached`);
  if (facts.serverTtftMs !== null) all.push(`first token at the server ${seconds(facts.serverTtftMs)}`);
  if (facts.queueMs !== null) all.push(`queued ${seconds(facts.queueMs)}`);
  if (facts.promptTokens !== null) all.push(`${facts.cachedTokens ?? 0} of ${facts.promptTokens} prompt tokens from the cache`);
  if (facts.preemptions > 0) all.push(`paused ${facts.preemptions} times for memory`);
  return { parts, all };
}
