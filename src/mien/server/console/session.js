/**
 * Knows the key of whoever sits here: for this tab, or on this computer when that was asked for.
 *
 * @module session
 */

const NAME = "mien-key";

/**
 * Takes a key over that came in the address (`#key=mien_…`) and removes it from the address and from the history.
 *
 * @returns {boolean} whether there was one
 */
export function takeKeyFromAddress() {
  const match = /^#\/?key=([^&]+)/.exec(location.hash);
  if (!match) return false;
  keepKey(decodeURIComponent(match[1]), false);
  history.replaceState(null, "", `${location.pathname}${location.search}#/`);
  return true;
}

/** Gives the key that was kept, or null. */
export function keptKey() {
  return read(sessionStorage) ?? read(localStorage);
}

/** Tells whether the key outlives this tab. */
export function isRemembered() {
  return read(localStorage) !== null;
}

/** Keeps a key: until the tab closes, or, remembered, until somebody signs out. */
export function keepKey(key, remember) {
  forgetKey();
  try {
    (remember ? localStorage : sessionStorage).setItem(NAME, key);
  } catch {
    // A browser that forbids storage keeps the key as long as the page lives, in the Api alone.
  }
}

/** Forgets the key everywhere. */
export function forgetKey() {
  for (const storage of [sessionStorage, localStorage]) {
    try {
      storage.removeItem(NAME);
    } catch {
      // Nothing was kept, then.
    }
  }
}

function read(storage) {
  try {
    return storage.getItem(NAME);
  } catch {
    return null;
  }
}
