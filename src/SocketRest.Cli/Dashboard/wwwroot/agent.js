// One agent, and what was asked of it lately.

import { actions } from './actions.js';
import { call, listen } from './api.js';
import { metadata } from './agents.js';
import { Chart } from './chart.js';
import { element, setText, show } from './dom.js';
import { openSignedIn } from './open.js';
import { bytes, clock, milliseconds, number, rate, since } from './format.js';

const EVERY = 2000;
const KEPT = 200;

export async function showAgent(main, id, { signal, notice, failed }) {
  const find = show('agent-view', main);
  const chart = new Chart();
  const path = `agents/${encodeURIComponent(id)}`;
  let agent;
  let agentAddress;
  try {
    ({ agentAddress } = await call('hub', { signal }));
    agent = await call(path, { signal });
  } catch (error) {
    if (signal.aborted) {
      return;
    }
    if (error.status !== 404) {
      failed(error);
    } else {
      main.replaceChildren(element('div', { class: 'card gone' },
        element('h1', {}, 'This connection has ended'), element('p', {}, error.message), element('a', { class: 'button', href: '#/' }, 'All agents')));
    }
    return;
  }
  if (signal.aborted) {
    return;
  }

  const named = agent.name !== null && agent.name !== undefined;
  const facts = Facts(find('facts'), chart, agent.name, named ? agentAddress.replace('{agent}', encodeURIComponent(agent.name)) : null);
  const name = agent.name ?? agent.id;
  setText(find('name'), name);
  setText(find('where'), name);
  document.title = `${name} – SocketRest hub`;
  find('actions').append(...actions(agent, verb => { notice(`${verb === 'Drain' ? 'Draining' : 'Disconnected'} ${name}.`); look(); }, failed));
  update(agent);

  function update(now) {
    setText(find('state'), now.state);
    find('state').dataset.state = now.state;
    facts.update(now);
  }

  let timer;
  async function look() {
    clearTimeout(timer);
    try {
      update(await call(path, { signal }));
      if (named) {
        requests.run((await call(`${path}/requests/running`, { signal })).items);
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error.status === 404) {
        setText(find('state'), 'ended');
        find('state').dataset.state = 'ended';
        if (named) {
          requests.run([]);
        }
        find('actions').replaceChildren();
        return;
      }
      failed(error);
    }
    timer = setTimeout(look, EVERY);
  }
  timer = setTimeout(look);
  signal.addEventListener('abort', () => clearTimeout(timer));

  const requests = Requests(find, async number => {
    const { items } = await call(`${path}/requests`, { signal });
    return items.find(one => one.number === number);
  });
  find('search').addEventListener('submit', event => event.preventDefault());
  find('query').addEventListener('input', requests.draw);
  if (!named) {
    setText(find('none'), 'Requests are remembered by name, and this agent has none.');
    find('none').hidden = false;
    find('requests').hidden = true;
    find('bodies').closest('label').hidden = true;
    return;
  }

  find('bodies').addEventListener('change', async event => {
    try {
      tell(await call(`${path}/recording`, { method: 'PUT', body: { bodies: event.target.checked } }));
    } catch (error) {
      event.target.checked = !event.target.checked;
      failed(error);
    }
  });

  function tell(recording) {
    find('bodies').checked = recording.bodies;
    setText(find('recording'), recording.bodies ? `Until ${clock(recording.until)}, the first ${bytes(recording.maxBytes)} of text bodies.` : '');
  }

  listen({ agent: agent.name }, {
    signal,
    onError: failed,
    async onBegin() {
      try {
        const { items, recording } = await call(`${path}/requests`, { signal });
        tell(recording);
        requests.add(items);
      } catch (error) {
        if (!signal.aborted && error.status !== 404) {
          failed(error);
        }
      }
    },
    onEvent(kind, what) {
      if (kind === 'requestFinished') {
        // Events have no bodies: they are asked for when somebody looks.
        requests.add([{ ...what.request, partial: true }]);
      } else {
        look();
      }
    },
  });
}

function Facts(list, chart, name, address) {
  const values = new Map();
  const speed = element('span', { class: 'rate' }, '0');
  const add = (label, ...content) => {
    const value = element('dd', {}, ...content);
    values.set(label, value);
    list.append(element('div', {}, element('dt', {}, label), value));
  };
  ['Address', 'User', 'Connected', 'Round trip'].forEach(label => add(label));
  add('Calls a second', element('div', { class: 'live' }, chart.node, speed));
  ['Running', 'Calls', 'Bytes'].forEach(label => add(label));
  const link = element('a', { target: '_blank', rel: 'noopener noreferrer', onclick: event => openSignedIn(event, link.href, name) });
  add('Through the hub', link);
  ['Instance', 'Connection'].forEach(label => { add(label); values.get(label).className = 'code'; });
  const details = element('ul', { class: 'chips' });
  add('Metadata', details);
  let told = false;
  return {
    update(agent) {
      const set = (label, text) => setText(values.get(label), text);
      set('Address', agent.remoteAddress ?? '–');
      set('User', agent.user ?? 'nobody');
      set('Connected', since(agent.connectedAt));
      set('Round trip', milliseconds(agent.roundTripMs));
      set('Calls', `${number(agent.callsToAgent)} to it, ${number(agent.callsFromAgent)} from it`);
      set('Bytes', `${bytes(agent.bytesSent)} to it, ${bytes(agent.bytesReceived)} from it`);
      set('Running', number(agent.openStreams));
      set('Instance', agent.instance ?? '–');
      set('Connection', agent.id);
      setText(speed, rate(chart.count(agent.callsToAgent + agent.callsFromAgent)));
      if (!told) {
        told = true;
        link.href = address ?? '';
        link.textContent = address ?? '';
        link.closest('div').hidden = address === null;
        const chips = metadata(agent.metadata);
        details.replaceChildren(...(chips.length > 0 ? chips : [element('li', { class: 'dim' }, 'none')]));
      }
    },
  };
}

function Requests(find, ask) {
  const body = find('finished');
  const running = find('running');
  const known = new Map();
  let under = [];
  let due = false;

  function add(items) {
    for (const item of items) {
      known.set(item.number, item);
    }
    for (const old of [...known.keys()].sort((a, b) => b - a).slice(KEPT)) {
      known.delete(old);
    }
    // However fast they come, they are drawn once a frame.
    if (!due) {
      due = true;
      requestAnimationFrame(() => { due = false; draw(); });
    }
  }

  function run(items) {
    // What ends in a moment is among the others then.
    under = items.filter(one => one.runningMs >= 1000);
    draw();
  }

  function draw() {
    const words = find('query').value.trim().toLowerCase().split(/\s+/).filter(word => word !== '');
    const wanted = [...known.values()].filter(one => fits(one, words)).sort((a, b) => b.number - a.number);
    const numbers = new Set(wanted.map(one => String(one.number)));
    for (const row of [...body.rows]) {
      if (!numbers.has(row.dataset.number)) {
        row.remove();
      }
    }
    const drawn = new Map([...body.rows].filter(row => !row.classList.contains('details')).map(row => [row.dataset.number, row]));
    let place = body.firstElementChild;
    for (const one of wanted) {
      const row = drawn.get(String(one.number));
      if (row === undefined) {
        body.insertBefore(makeRow(one, ask), place);
      } else {
        place = row.nextElementSibling;
        if (place?.classList.contains('details')) {
          place = place.nextElementSibling;
        }
      }
    }
    const rows = under.filter(one => fits(one, words)).map(makeRunningRow);
    running.replaceChildren(...rows);
    setText(find('none'), known.size === 0 && under.length === 0 ? 'Nothing has been asked of it yet.' : 'No request fits.');
    find('none').hidden = wanted.length + rows.length > 0;
    find('requests').hidden = wanted.length + rows.length === 0;
  }

  return { add, draw, run };
}

function fits(request, words) {
  const text = `${request.method} ${request.path} ${request.status ?? ''} ${request.failure ?? ''}`.toLowerCase();
  return words.every(word => text.includes(word));
}

function makeRunningRow(request) {
  return element('tr', {},
    element('th', { scope: 'row' }, element('div', { class: 'going' },
      element('span', { class: 'method' }, request.method), element('span', { class: 'path' }, request.path), element('span', { class: 'badge', 'data-state': 'connected' }, 'running'))),
    element('td', { 'data-label': 'Status' }, element('span', { class: 'status', 'data-class': `${Math.floor((request.status ?? 100) / 100)}xx` }, request.status ?? '–')),
    element('td', { 'data-label': 'Time', class: 'number' }, clock(request.started)),
    element('td', { 'data-label': 'Duration', class: 'number' }, milliseconds(request.runningMs)),
    element('td', { 'data-label': 'Sent', class: 'number' }, bytes(request.requestBytes)),
    element('td', { 'data-label': 'Received', class: 'number' }, bytes(request.responseBytes)));
}

function makeRow(request, ask) {
  const id = `request-${request.number}`;
  const row = element('tr', { 'data-number': request.number });
  const toggle = element('button', {
    type: 'button', class: 'toggle', 'aria-expanded': 'false', 'aria-controls': id,
    onclick() {
      const opened = toggle.getAttribute('aria-expanded') === 'true';
      toggle.setAttribute('aria-expanded', String(!opened));
      if (opened) {
        row.nextElementSibling.remove();
      } else {
        const cell = element('td', { colspan: 6 }, ...details(request));
        row.after(element('tr', { class: 'details', id, 'data-number': request.number }, cell));
        if (request.partial) {
          // Where the hub has forgotten it meanwhile, or does not answer, what there is stays.
          ask(request.number).then(whole => {
            if (whole !== undefined) {
              Object.assign(request, whole, { partial: false });
              cell.replaceChildren(...details(request));
            }
          }).catch(() => {});
        }
      }
    },
  }, element('span', { class: 'method' }, request.method), element('span', { class: 'path' }, request.path));
  row.append(
    element('th', { scope: 'row' }, toggle),
    element('td', { 'data-label': 'Status' }, element('span', { class: 'status', 'data-class': kindOf(request) }, request.status ?? 'none')),
    element('td', { 'data-label': 'Time', class: 'number' }, clock(request.started)),
    element('td', { 'data-label': 'Duration', class: 'number' }, milliseconds(request.durationMs)),
    element('td', { 'data-label': 'Sent', class: 'number' }, bytes(request.requestBytes)),
    element('td', { 'data-label': 'Received', class: 'number' }, bytes(request.responseBytes)));
  return row;
}

const kindOf = request => request.failure ? 'failed' : `${Math.floor((request.status ?? 0) / 100)}xx`;

function details(request) {
  return [
    request.failure ? element('p', { class: 'error' }, request.failure) : null,
    timing(request),
    element('div', { class: 'exchange' },
      side('Request', request.requestHeaders, request.requestBody),
      side('Response', request.responseHeaders, request.responseBody)),
  ].filter(one => one !== null);
}

function timing({ firstByteMs, durationMs }) {
  const first = firstByteMs ?? durationMs;
  return element('div', { class: 'timing' },
    element('meter', { min: 0, max: Math.max(durationMs, 0.001), value: first, 'aria-label': 'Part of the time before the answer began' }),
    element('span', {}, firstByteMs === null || firstByteMs === undefined
      ? `No answer in ${milliseconds(durationMs)}` : `Answer began after ${milliseconds(firstByteMs)}, ended after ${milliseconds(durationMs)}`));
}

function side(title, headers, text) {
  return element('section', {},
    element('h3', {}, title),
    headers.length === 0 ? element('p', { class: 'dim' }, 'No header fields.')
      : element('dl', { class: 'headers' }, ...headers.flatMap(field => [element('dt', {}, field.name), element('dd', {}, field.value)])),
    text === null || text === undefined ? null : element('pre', { tabindex: 0, 'aria-label': `${title} body` }, text));
}
