// Speaks to the server: one token header, JSON errors, time limits, and a watch on whether the server answers.

const TRIES = 3;
const PAUSE = 400; // ms before the second try; doubles after that
const RENEWED = 20_000; // ms within which the page is not loaded again for a server that refuses it

/** An answer that was not a good one. `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  constructor(message, status = 0, body = null) {
    super(message);
    this.status = status;
    this.kind = body?.kind ?? "";
    this.body = body;
  }

  /** True when trying again later may help and nothing the person does would. */
  get unreachable() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Tells by `change` events whether the server answers: `network.up`. */
class Network extends EventTarget {
  up = true;

  set(up) {
    if (this.up === up) return;
    this.up = up;
    this.dispatchEvent(new Event("change"));
  }
}

export const network = new Network();
addEventListener("offline", () => network.set(false));

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function headers(extra = {}) {
  const token = document.querySelector('meta[name="realness-token"]')?.content ?? "";
  return { "X-Realness-Token": token, ...extra };
}

async function ask(path, { signal, ...options }, timeout) {
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort());
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const answer = await fetch(path, { ...options, signal: stop.signal, credentials: "same-origin" });
    network.set(true);
    return answer;
  } catch {
    if (!signal?.aborted) network.set(false);
    throw new ApiError("The server did not answer.");
  } finally {
    clearTimeout(timer);
  }
}

/** A server that was started anew knows nothing of this page: load it again, where drafts and reviews are taken up. */
async function renew() {
  const last = Number(sessionStorage.getItem("realness.renewed"));
  if (Date.now() - last < RENEWED) return;
  sessionStorage.setItem("realness.renewed", String(Date.now()));
  location.reload();
  await new Promise(() => {}); // nothing after this is of use
}

/** The session has ended: sign in, and come back to the same place. What was typed is kept in this browser. */
async function signIn() {
  sessionStorage.setItem("realness.ended", "true");
  location.replace(`/login${location.hash}`);
  await new Promise(() => {}); // nothing after this is of use
}

async function read(answer) {
  let body = null;
  try {
    body = await answer.json();
  } catch {
    if (answer.ok) throw new ApiError("The server's answer could not be read.", 502);
  }
  if (answer.status === 403 && body?.kind === "refused") await renew();
  if (answer.status === 401 && body?.kind === "signed_out") await signIn();
  if (!answer.ok) throw new ApiError(body?.error ?? `The server answered with status ${answer.status}.`, answer.status, body);
  return body;
}

/** Read something; tried three times, since reading twice harms nothing. */
export async function get(path, query = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") asked.append(name, one);
  }
  const address = asked.size ? `${path}?${asked}` : path;
  for (let turn = 1; ; turn++) {
    try {
      return await read(await ask(address, { headers: headers() }, 15_000));
    } catch (error) {
      if (turn === TRIES || !error.unreachable) throw error;
      await pause(PAUSE * 2 ** (turn - 1));
    }
  }
}

/** Write something, once. Who may repeat it is the caller's to know. */
export async function send(method, path, body, { keepalive = false, timeout = 10_000 } = {}) {
  const options = { method, keepalive, headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body) };
  return read(await ask(path, options, timeout));
}

/** Write a piece of a file; `signal` breaks it off. */
export async function sendPiece(path, piece, query, signal) {
  const options = { method: "PUT", signal, headers: headers({ "Content-Type": "application/octet-stream" }), body: piece };
  return read(await ask(`${path}?${new URLSearchParams(query)}`, options, 120_000));
}

/** Fetch a file as an object URL, which its owner revokes. */
export async function picture(url) {
  for (let turn = 1; ; turn++) {
    try {
      const answer = await ask(url, { headers: headers() }, 60_000);
      if (answer.status === 403 || answer.status === 401) await read(answer);
      if (!answer.ok) throw new ApiError(`The image could not be had (status ${answer.status}).`, answer.status);
      return URL.createObjectURL(await answer.blob());
    } catch (error) {
      if (turn === TRIES || !error.unreachable) throw error;
      await pause(PAUSE * 2 ** (turn - 1));
    }
  }
}
