// What this browser remembers. A browser that refuses storage (private windows, full disks) only forgets.
// Work is remembered for the person it is of: another one who signs in here neither sees nor sends it.

const WORK = ["outbox", "draft."];
let owner = "";

/** Whose work is remembered from now on; "" where nobody signs in. */
export function belongTo(person) {
  owner = person;
}

const key = (name) => `realness.${WORK.some((one) => name.startsWith(one)) ? owner : ""}${name}`;

export function recall(name, otherwise = null) {
  try {
    const text = localStorage.getItem(key(name));
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Keep a value; false when the browser refused. */
export function remember(name, value) {
  try {
    localStorage.setItem(key(name), JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(name) {
  try {
    localStorage.removeItem(key(name));
  } catch {
    // Nothing was kept, so nothing is to be forgotten.
  }
}

/** The names of what is remembered that begin so. */
export function remembered(start) {
  try {
    const bare = key(start).length - start.length;
    return Object.keys(localStorage).filter((name) => name.startsWith(key(start))).map((name) => name.slice(bare));
  } catch {
    return [];
  }
}
