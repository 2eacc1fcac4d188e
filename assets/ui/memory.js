// What this browser remembers. A browser that refuses storage (private windows, full disks) only forgets.

export function recall(name, otherwise = null) {
  try {
    const text = localStorage.getItem(`realness.${name}`);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Keep a value; false when the browser refused. */
export function remember(name, value) {
  try {
    localStorage.setItem(`realness.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(name) {
  try {
    localStorage.removeItem(`realness.${name}`);
  } catch {
    // Nothing was kept, so nothing is to be forgotten.
  }
}

/** The names of what is remembered that begin so. */
export function remembered(start) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(`realness.${start}`)).map((name) => name.slice("realness.".length));
  } catch {
    return [];
  }
}
