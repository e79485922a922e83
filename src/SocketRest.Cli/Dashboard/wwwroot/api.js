// The management API, and its events.

import { getKey } from './key.js';

export const API = new URL('../api/', import.meta.url);

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function call(path, { method = 'GET', body, signal } = {}) {
  const response = await send(path, { method, body, signal });
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

async function send(path, { method, body, signal, accept = 'application/json' }) {
  const headers = { Accept: accept };
  const key = getKey();
  if (key !== null) {
    headers.Authorization = `Bearer ${key}`;
  }
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(new URL(path, API), {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store', redirect: 'error',
    });
  } catch (error) {
    throw signal?.aborted ? error : new ApiError(0, 'The hub cannot be reached.');
  }
  if (!response.ok) {
    throw new ApiError(response.status, await reason(response));
  }
  return response;
}

async function reason(response) {
  try {
    const problem = await response.json();
    return problem.detail ?? problem.title ?? `The hub answered ${response.status}.`;
  } catch {
    return `The hub answered ${response.status}.`;
  }
}

// Calls `onEvent(kind, data)` for what happens until the signal is given, over as many connections as that takes. `onBegin` is called with each of them: what
// happened before it has to be asked for.
export async function listen(query, { signal, onBegin, onEvent, onError }) {
  let wait = 500;
  while (!signal.aborted) {
    try {
      const response = await send(`events?${new URLSearchParams(query)}`, { method: 'GET', signal, accept: 'text/event-stream' });
      onBegin();
      wait = 500;
      await read(response, onEvent);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      onError(error);
      if (error.status === 401 || error.status === 403) {
        return;
      }
    }
    await new Promise(resolve => {
      const timer = setTimeout(resolve, wait);
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
    });
    wait = Math.min(wait * 2, 10000);
  }
}

async function read(response, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const fields = part.split('\n');
      const data = fields.find(field => field.startsWith('data: '));
      if (data !== undefined) {
        onEvent(fields.find(field => field.startsWith('event: '))?.slice(7), JSON.parse(data.slice(6)));
      }
    }
  }
}
