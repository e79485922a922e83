// Opens an agent's pages with the key that was shown here, so that nobody has to show it twice.

import { element } from './dom.js';
import { getKey } from './key.js';

const SIGN_IN = new URL('../sign-in', import.meta.url);

export async function openSignedIn(event, address, agent) {
  const key = getKey();
  const { host } = new URL(address);
  if (key === null || !(host === location.host || host.endsWith(`.${location.host}`))) {
    return;
  }
  event.preventDefault();
  const action = new URL(`?${new URLSearchParams({ agent })}`, SIGN_IN);

  // Where anybody may open agents' pages nobody signs in to them.
  const asked = await fetch(action, { cache: 'no-store' }).catch(() => null);
  if (asked?.ok !== true) {
    open(address, '_blank', 'noopener,noreferrer');
    return;
  }
  const form = element('form', { method: 'post', action, target: '_blank', rel: 'noopener' }, element('input', { type: 'hidden', name: 'key', value: key }));
  document.body.append(form);
  form.submit();
  form.remove();
}
