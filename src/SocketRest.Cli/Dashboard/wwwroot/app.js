// Which view is shown, and who may see it.

import { showAgent } from './agent.js';
import { showAgents } from './agents.js';
import { call } from './api.js';
import { element, setText, show } from './dom.js';
import { number, span } from './format.js';
import { clearKey, getKey, setKey } from './key.js';

const main = document.getElementById('main');
const hub = document.getElementById('hub');
const noticeLine = document.getElementById('notice');
let view = new AbortController();
let noticeTimer;
let hubTimer;

function notice(text, isError = false) {
  clearTimeout(noticeTimer);
  noticeLine.hidden = false;
  noticeLine.classList.toggle('bad', isError);
  setText(noticeLine, text);
  noticeTimer = setTimeout(() => { noticeLine.hidden = true; }, 6000);
}

function failed(error) {
  if (error.status === 401 || error.status === 403) {
    signIn(getKey() === null ? '' : error.message);
  } else {
    notice(error.message, true);
  }
}

function begin() {
  view.abort();
  clearTimeout(hubTimer);
  view = new AbortController();
  document.title = 'SocketRest hub';
  return { signal: view.signal, notice, failed, changed: () => lookAtHub(view.signal) };
}

function route() {
  const context = begin();
  const match = /^#\/agents\/([^/]+)$/.exec(location.hash);
  if (match !== null) {
    showAgent(main, decodeURIComponent(match[1]), context);
  } else {
    showAgents(main, context);
  }
  lookAtHub(context.signal);
}

async function lookAtHub(signal) {
  clearTimeout(hubTimer);
  try {
    const said = await call('hub', { signal });
    hub.replaceChildren(
      ...[['Agents', number(said.connections.total)], ['Calls', number(said.calls)], ['Running', number(said.runningCalls)], ['Up', span(said.uptimeSeconds)],
        ['Version', said.version]].map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
    document.getElementById('sign-out').hidden = getKey() === null;
  } catch (error) {
    if (!signal.aborted) {
      failed(error);
    }
    return;
  }
  if (!signal.aborted) {
    clearTimeout(hubTimer);
    hubTimer = setTimeout(() => lookAtHub(signal), 5000);
  }
}

function signIn(error) {
  const { signal } = begin();
  hub.replaceChildren();
  document.getElementById('sign-out').hidden = true;
  const find = show('sign-in-view', main);
  setText(find('sign-in-error'), error);
  find('key').focus();
  find('sign-in').addEventListener('submit', async event => {
    event.preventDefault();
    setKey(find('key').value.trim());
    try {
      await call('hub', { signal });
      route();
      main.focus();
    } catch (refusal) {
      clearKey();
      setText(find('sign-in-error'), refusal.message);
      find('key').select();
    }
  });
}

document.getElementById('sign-out').addEventListener('click', () => {
  clearKey();
  route();
});
addEventListener('hashchange', () => {
  route();
  main.focus();
});
route();
