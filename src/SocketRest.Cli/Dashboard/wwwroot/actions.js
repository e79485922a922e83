// What can be done to an agent, each after a question.

import { call } from './api.js';
import { element } from './dom.js';

export function actions(agent, onDone, onError) {
  const name = agent.name ?? agent.id;
  return [
    agent.name === null || agent.name === undefined ? null
      : element('a', { class: 'button quiet', href: `agents/${encodeURIComponent(agent.name)}/swagger`, 'aria-label': `API of ${name}` }, 'API'),
    button('Drain', 'quiet', name, agent, 'POST', '/drain',
      'It gets no new requests, and its connection is closed when those running have finished. An agent that still runs dials again and is back.', onDone, onError),
    button('Disconnect', 'quiet danger', name, agent, 'DELETE', '',
      'Its connection is closed now, and requests that are running fail. An agent that still runs dials again and is back.', onDone, onError),
  ].filter(one => one !== null);
}

function button(verb, kind, name, agent, method, path, text, onDone, onError) {
  return element('button', {
    type: 'button', class: kind, 'aria-label': `${verb} ${name}`,
    onclick: async () => {
      if (!await confirmed(`${verb} ${name}?`, text, verb)) {
        return;
      }
      try {
        await call(`agents/${encodeURIComponent(agent.id)}${path}`, { method });
        onDone(verb);
      } catch (error) {
        onError(error);
      }
    },
  }, verb);
}

function confirmed(title, text, verb) {
  const dialog = document.getElementById('confirm');
  dialog.querySelector('#confirm-title').textContent = title;
  dialog.querySelector('#confirm-text').textContent = text;
  dialog.querySelector('#confirm-yes').textContent = verb;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'confirm'), { once: true }));
}
