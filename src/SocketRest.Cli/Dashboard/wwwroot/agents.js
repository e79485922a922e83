// The list of agents.

import { actions } from './actions.js';
import { call, listen } from './api.js';
import { Chart } from './chart.js';
import { element, setText, show } from './dom.js';
import { milliseconds, number, rate, since } from './format.js';

const EVERY = 2000;
const PAGE = 100;

export function showAgents(main, { signal, notice, failed, changed }) {
  const find = show('agents-view', main);
  const body = find('agents').tBodies[0];
  const rows = new Map();
  let limit = PAGE;
  let asked = 0;
  let timer;

  async function refresh() {
    clearTimeout(timer);
    const mine = ++asked;
    try {
      const page = await load(search(find('query').value, find('state').value), limit, signal);
      if (mine === asked) {
        draw(page);
      }
    } catch (error) {
      if (!signal.aborted && mine === asked) {
        failed(error);
      }
    }
    if (mine === asked && !signal.aborted) {
      timer = setTimeout(document.hidden ? wait : refresh, EVERY);
    }
  }

  // A page that nobody sees asks for nothing.
  function wait() {
    document.addEventListener('visibilitychange', refresh, { once: true, signal });
  }

  function draw(page) {
    const shown = new Set(page.items.map(agent => agent.id));
    for (const [id, row] of rows) {
      if (!shown.has(id)) {
        row.node.remove();
        rows.delete(id);
      }
    }
    page.items.forEach((agent, place) => {
      let row = rows.get(agent.id);
      if (row === undefined) {
        row = makeRow(agent, verb => { notice(`${verb === 'Drain' ? 'Draining' : 'Disconnected'} ${agent.name ?? agent.id}.`); refresh(); }, failed);
        rows.set(agent.id, row);
      }
      row.update(agent);
      if (body.rows[place] !== row.node) {
        body.insertBefore(row.node, body.rows[place] ?? null);
      }
    });
    const narrowed = find('query').value.trim() !== '' || find('state').value !== '';
    setText(find('count'), page.next === null ? `${number(page.items.length)} ${narrowed ? 'found' : 'connected'}` : `The first ${number(page.items.length)}`);
    setText(find('none'), narrowed ? 'No agent fits.' : 'No agent is connected. On the device: socketrest expose http://localhost:3000 --hub THIS HUB --name NAME');
    find('none').hidden = page.items.length > 0;
    find('agents').hidden = page.items.length === 0;
    find('more').hidden = page.next === null;
  }

  find('search').addEventListener('submit', event => { event.preventDefault(); refresh(); });
  find('search').addEventListener('input', refresh);
  find('more').addEventListener('click', () => { limit += PAGE; refresh(); });
  signal.addEventListener('abort', () => clearTimeout(timer));

  refresh();
  let soon;
  listen({ requests: false }, {
    signal,
    onBegin: refresh,
    onError: failed,
    // Many agents may come at once, and one look at the list shows them all.
    onEvent: () => { soon ??= setTimeout(() => { soon = undefined; refresh(); changed(); }, 150); },
  });
}

async function load(parameters, limit, signal) {
  const items = [];
  let next = null;
  do {
    const query = new URLSearchParams(parameters);
    query.set('limit', Math.min(500, limit - items.length));
    if (next !== null) {
      query.set('cursor', next);
    }
    const page = await call(`agents?${query}`, { signal });
    items.push(...page.items);
    next = page.next ?? null;
  } while (next !== null && items.length < limit);
  return { items, next };
}

// "kiln site=north" asks for names with kiln in them whose metadata has north as its site.
function search(text, state) {
  const parameters = new URLSearchParams();
  const names = [];
  for (const word of text.trim().split(/\s+/).filter(one => one !== '')) {
    const equals = word.indexOf('=');
    if (equals > 0) {
      parameters.append(`metadata.${word.slice(0, equals)}`, word.slice(equals + 1));
    } else {
      names.push(word);
    }
  }
  if (names.length > 0) {
    parameters.set('name', names.join(' '));
  }
  if (state !== '') {
    parameters.set('state', state);
  }
  return parameters;
}

export function metadata(fields) {
  return Object.entries(fields ?? {}).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return element('li', { title: `${name}: ${text}` }, element('span', {}, name), ` ${text}`);
  });
}

function makeRow(agent, onDone, onError) {
  const chart = new Chart();
  const speed = element('span', { class: 'rate' }, '0');
  const state = element('span', { class: 'badge' });
  const connected = element('td', { 'data-label': 'Connected', class: 'number' });
  const roundTrip = element('td', { 'data-label': 'Round trip', class: 'number' });
  const address = element('td', { 'data-label': 'Address', class: 'address' });
  const details = metadata(agent.metadata);
  const node = element('tr', { 'data-agent': agent.id },
    element('th', { scope: 'row' },
      element('a', { href: `#/agents/${encodeURIComponent(agent.id)}` }, agent.name ?? '(no name)'),
      agent.instance ? element('span', { class: 'instance', title: agent.instance }, agent.instance) : null),
    element('td', { 'data-label': 'State' }, state),
    element('td', { 'data-label': 'Metadata' }, details.length > 0 ? element('ul', { class: 'chips' }, ...details) : element('span', { class: 'dim' }, 'none')),
    address, connected, roundTrip,
    element('td', { 'data-label': 'Calls a second' }, element('div', { class: 'live' }, chart.node, speed)),
    element('td', { class: 'actions' }, ...actions(agent, onDone, onError)));
  return {
    node,
    update(now) {
      setText(state, now.state);
      state.dataset.state = now.state;
      setText(address, now.remoteAddress ?? '–');
      setText(connected, since(now.connectedAt));
      setText(roundTrip, milliseconds(now.roundTripMs));
      setText(speed, rate(chart.count(now.callsToAgent + now.callsFromAgent)));
    },
  };
}
