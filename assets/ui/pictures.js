// Pictures that are fetched and decoded before they are needed.

import { ApiError, picture } from "./api.js";

/** Fetched pictures by address; each is an `<img>` that is decoded and ready to be shown. */
export class Pictures {
  #held = new Map();

  /** The picture of `url`. Rejects with an `ApiError`; `unreachable` tells a silent server from a bad file. */
  get(url) {
    if (!this.#held.has(url)) {
      const held = { src: null };
      held.ready = this.#load(url, held);
      held.ready.catch(() => this.#held.delete(url));
      this.#held.set(url, held);
    }
    return this.#held.get(url).ready;
  }

  async #load(url, held) {
    const src = await picture(url);
    held.src = src;
    const image = new Image();
    image.decoding = "sync";
    image.src = src;
    try {
      await image.decode();
    } catch {
      URL.revokeObjectURL(src);
      throw new ApiError("The file is damaged.", 415);
    }
    return image;
  }

  /** Load these too, without waiting; a failure shows when they are asked for. */
  ahead(urls) {
    for (const url of urls) this.get(url).catch(() => {});
  }

  /** Let go of everything else. */
  keep(urls) {
    const wanted = new Set(urls);
    for (const [url, held] of this.#held) {
      if (wanted.has(url)) continue;
      this.#held.delete(url);
      if (held.src) URL.revokeObjectURL(held.src);
    }
  }
}
