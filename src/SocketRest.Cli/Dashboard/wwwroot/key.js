// The operator's key: in this tab's own storage, gone with the tab. What agents send has no part in this origin and cannot read it.

const NAME = 'socketrest.key';

export const getKey = () => sessionStorage.getItem(NAME);
export const setKey = key => sessionStorage.setItem(NAME, key);
export const clearKey = () => sessionStorage.removeItem(NAME);
