// The system's Chromium for the tests of the page, with everything it complains about kept.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

import { patience } from './helpers.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/// Why there is no browser to test with; false when there is one.
export const missingBrowser = existsSync(executablePath) ? false : `${executablePath} is missing: install the package chromium, or name it in CHROMIUM`;

export function launchBrowser() {
  return chromium.launch({ executablePath, args });
}

/// A fresh profile with one page at `url`. Its `complaints` are console errors, uncaught errors,
/// violations of the content security policy, and requests to any other host.
export async function openPage(browser, url, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  context.setDefaultTimeout(30_000 * Math.min(patience, 6)); // A sanitizer's server writes slowly.
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(url) || /^(data|blob):/.test(request.url());
    if (!isOwn) complaints.push(`request to ${request.url()}`);
  });
  await prepare(page);
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/// A gate that the page's WebSocket goes through, to be set up before the page opens. gate.sent: every
/// event the page sent. gate.socket: the connection of now.
/// gate.change(event): what the server gets in place of an event of the page.
/// gate.hold(event): true keeps an event of the server back.
export async function openGate(page) {
  const gate = { sent: [], opened: 0, socket: null, change: (event) => event, hold: () => false };
  await page.routeWebSocket(/\/v1\/responses$/, (socket) => {
    const server = socket.connectToServer();
    gate.socket = socket;
    gate.opened += 1;
    socket.onMessage((text) => {
      const event = JSON.parse(text);
      gate.sent.push(event);
      server.send(JSON.stringify(gate.change(event)));
    });
    server.onMessage((text) => gate.hold(JSON.parse(text)) || socket.send(text));
  });
  return gate;
}
