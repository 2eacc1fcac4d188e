// Masks: run lengths over the rows of the image, the first run outside, as realness/images/regions.py reads them.

/** The pixels of a mask row by row, flat: y, first x, x after the last, and so on. */
export function spans(runs, width) {
  const found = [];
  let at = 0;
  runs.forEach((length, index) => {
    for (let from = at, end = at + length; index % 2 && from < end; ) {
      const y = Math.floor(from / width);
      const to = Math.min(end, (y + 1) * width);
      const touches = found.at(-3) === y && found.at(-1) === from - y * width; // a run of 0 between the two
      if (touches) found[found.length - 1] = to - y * width;
      else found.push(y, from - y * width, to - y * width);
      from = to;
    }
    at += length;
  });
  return found;
}

/** Run lengths of bits, one byte a pixel. */
export function encode(bits) {
  const runs = [];
  for (let at = 0, inside = 0; at < bits.length; inside = 1 - inside) {
    const found = bits.indexOf(1 - inside, at); // far faster than a loop over the pixels
    const end = found < 0 ? bits.length : found;
    runs.push(end - at);
    at = end;
  }
  return runs;
}

/** `[x0, y0, x1, y1]` around a mask; all 0 when it is empty. */
export function maskBounds(runs, width) {
  const all = spans(runs, width);
  if (!all.length) return [0, 0, 0, 0];
  let [x0, x1] = [width, 0];
  for (let at = 0; at < all.length; at += 3) {
    x0 = Math.min(x0, all[at + 1]);
    x1 = Math.max(x1, all[at + 2]);
  }
  return [x0, all[0], x1, all[all.length - 3] + 1];
}

/** A mask moved by whole pixels; what leaves the image is lost. */
export function shifted(runs, { width, height }, right, down) {
  const bits = new Uint8Array(width * height);
  const all = spans(runs, width);
  for (let at = 0; at < all.length; at += 3) {
    const y = all[at] + down;
    const [from, to] = [all[at + 1] + right, all[at + 2] + right].map((x) => Math.max(0, Math.min(width, x)));
    if (y >= 0 && y < height) bits.fill(1, y * width + from, y * width + to);
  }
  return encode(bits);
}

/** The pixels whose centre lies within `radius` of the line between two places: calls `row(y, first, after)`. */
export function stroke([ax, ay], [bx, by], radius, { width, height }, row) {
  const length = Math.hypot(bx - ax, by - ay);
  const [across, along] = length ? [((by - ay) / length) * radius, ((bx - ax) / length) * radius] : [0, 0];
  const sides = [[ax + across, ay - along], [bx + across, by - along], [bx - across, by + along], [ax - across, ay + along]];
  const last = Math.min(height - 1, Math.ceil(Math.max(ay, by) + radius));
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - radius)); y <= last; y++) {
    const middle = y + 0.5;
    let [left, right] = [Infinity, -Infinity];
    const reach = (x) => {
      left = Math.min(left, x);
      right = Math.max(right, x);
    };
    for (const [x, centre] of [[ax, ay], [bx, by]]) {
      const half = radius ** 2 - (middle - centre) ** 2;
      if (half >= 0) [x - Math.sqrt(half), x + Math.sqrt(half)].forEach(reach);
    }
    sides.forEach(([x0, y0], at) => {
      const [x1, y1] = sides[(at + 1) % 4];
      if (y0 > middle !== y1 > middle) reach(x0 + ((middle - y0) / (y1 - y0)) * (x1 - x0));
    });
    const first = Math.max(0, Math.ceil(left - 0.5));
    const after = Math.min(width, Math.floor(right - 0.5) + 1);
    if (first < after) row(y, first, after);
  }
}

/** Where the edges of a mask lead, from corner to corner of pixels; the inside is on their right. */
function edges(runs, width) {
  const all = spans(runs, width);
  const rows = new Map();
  for (let at = 0; at < all.length; at += 3) {
    if (!rows.has(all[at])) rows.set(all[at], []);
    rows.get(all[at]).push(all[at + 1], all[at + 2]);
  }
  const next = new Map();
  const lead = (x0, y0, x1, y1) => {
    const [from, to] = [y0 * (width + 1) + x0, y1 * (width + 1) + x1];
    if (next.has(from)) next.get(from).push(to);
    else next.set(from, [to]);
  };
  const across = (y, above, below) => {
    const stops = [...new Set([...above, ...below])].sort((a, b) => a - b);
    const [up, down] = [new Set(above), new Set(below)];
    let [inAbove, inBelow] = [false, false];
    stops.forEach((x, at) => {
      inAbove = up.has(x) ? !inAbove : inAbove;
      inBelow = down.has(x) ? !inBelow : inBelow;
      if (inBelow && !inAbove) lead(x, y, stops[at + 1], y);
      if (inAbove && !inBelow) lead(stops[at + 1], y, x, y);
    });
  };
  for (const [y, row] of rows) {
    row.forEach((x, at) => (at % 2 ? lead(x, y, x, y + 1) : lead(x, y + 1, x, y)));
    across(y, rows.get(y - 1) ?? [], row);
    if (!rows.has(y + 1)) across(y + 1, row, []);
  }
  return next;
}

/** The outline of a mask as the data of an SVG path, to be filled by the even-odd rule. */
export function outline(runs, width) {
  const next = edges(runs, width);
  const place = (key) => [key % (width + 1), Math.floor(key / (width + 1))];
  const path = [];
  for (const start of next.keys()) {
    while (next.get(start).length) {
      path.push(`M${place(start).join(" ")}`);
      let [from, to, before] = [start, next.get(start).pop(), ""];
      for (;;) {
        const way = place(from)[0] === place(to)[0] ? "V" : "H";
        const there = `${way}${place(to)[way === "V" ? 1 : 0]}`;
        if (way === before) path[path.length - 1] = there;
        else path.push(there);
        before = way;
        if (to === start) break;
        [from, to] = [to, next.get(to).pop()];
      }
      path.push("Z");
    }
  }
  return path.join("");
}
