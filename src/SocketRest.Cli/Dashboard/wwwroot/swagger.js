// Swagger UI for the API of one agent. The document is the agent's word: it may say what there is to call, and not where.

import { ApiError, call } from './api.js';
import { element, setText } from './dom.js';
import { getKey } from './key.js';

const PLACES = ['/swagger/v1/swagger.json', '/openapi/v1.json'];

const said = document.getElementById('said');
const name = decodeURIComponent(location.pathname.split('/').at(-2));
setText(document.getElementById('where'), name);
document.title = `API of ${name} – SocketRest hub`;

// With the key of the hub in a field of its own: Authorization is the agent's, and whatever is filled in below goes there.
function headers() {
  const key = getKey();
  return key === null ? {} : { 'SocketRest-Key': key };
}

function within(prefix, url) {
  const target = new URL(url, location.href);
  const path = target.pathname.toLowerCase();
  return target.origin === location.origin && path.startsWith(`${prefix}/`.toLowerCase()) && !/%2e|%2f|%5c|\\/.test(path);
}

async function find(prefix, places) {
  for (const place of places) {
    const url = `${prefix}/${place.replace(/^\/+/, '')}`;
    if (!within(prefix, url)) {
      continue;
    }
    // An agent that redirects could aim the key at another agent or at the hub: who redirects has no document here.
    const response = await fetch(url, { headers: { Accept: 'application/json', ...headers() }, cache: 'no-store', redirect: 'manual' });
    if (response.status === 401 || response.status === 403) {
      throw new ApiError(response.status, 'The hub does not let you call this agent.');
    }
    if (response.ok) {
      try {
        const document = await response.json();
        if (typeof document?.openapi === 'string' || typeof document?.swagger === 'string') {
          return { document, url };
        }
      } catch {
        // Whatever it is, it is no document of an API.
      }
    }
  }
  throw new Error(`No OpenAPI document was found at ${places.join(' or ')}. An agent says where its own is in the metadata field openapi.`);
}

// Every call goes through the hub, wherever the agent believes that it listens.
function aim(document, prefix) {
  const under = path => path === prefix || path.startsWith(`${prefix}/`) ? path : `${prefix}${path === '/' ? '' : path}`;
  if (document.swagger !== undefined) {
    const base = typeof document.basePath === 'string' && document.basePath.startsWith('/') ? document.basePath : '/';
    return { ...document, host: location.host, schemes: [location.protocol.slice(0, -1)], basePath: under(base) };
  }
  const first = document.servers?.[0];
  let path = '/';
  try {
    const url = String(first?.url ?? '/').replace(/\{([^}]*)\}/g, (_, variable) => first.variables?.[variable]?.default ?? '');
    path = new URL(url, 'http://agent/').pathname;
  } catch {
    // An address that is none says nothing.
  }
  const aimed = { ...document, servers: [{ url: under(path.replace(/\/$/, '') || '/') }] };
  for (const item of Object.values(aimed.paths ?? {})) {
    if (item === null || typeof item !== 'object') {
      continue;
    }
    delete item.servers;
    for (const operation of Object.values(item)) {
      if (operation !== null && typeof operation === 'object') {
        delete operation.servers;
      }
    }
  }
  return aimed;
}

function matchColours() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => window.document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', apply);
  apply();
}

async function start() {
  matchColours();
  const { agentPath } = await call('hub');
  const prefix = agentPath.replace('{agent}', encodeURIComponent(name));
  const { items } = await call(`agents?${new URLSearchParams({ name, limit: 500 })}`);
  const agent = items.find(one => one.name?.toLowerCase() === name.toLowerCase());
  if (agent === undefined) {
    throw new Error(`No agent named ${name} is connected.`);
  }
  const named = agent.metadata?.openapi;
  const { document } = await find(prefix, typeof named === 'string' ? [named] : PLACES);
  said.hidden = true;
  window.SwaggerUIBundle({
    domNode: window.document.getElementById('swagger'),
    spec: aim(document, prefix),
    deepLinking: false,
    tryItOutEnabled: true,
    validatorUrl: null,
    queryConfigEnabled: false,
    // What is shown, and copied for curl, is the call without the hub's key.
    showMutatedRequest: false,
    defaultModelsExpandDepth: 0,
    presets: [window.SwaggerUIBundle.presets.apis],
    requestInterceptor(request) {
      // A path with .. in it would leave the agent and come out at the hub, with the operator's key.
      if (!within(prefix, request.url)) {
        request.userFetch = () => Promise.reject(new Error(`${request.url} is not an address of this agent.`));
        return request;
      }
      Object.assign(request.headers, headers());

      // The same for what answers: a redirect within this origin would keep the key.
      request.redirect = 'error';
      return request;
    },
  });
}

start().catch(error => {
  said.hidden = false;
  setText(said, error.status === 401 || error.status === 403 ? 'Sign in on the page of the agents first.' : error.message);
  if (error.status === 401 || error.status === 403) {
    said.append(element('a', { href: '../../' }, 'Sign in'));
  }
});
