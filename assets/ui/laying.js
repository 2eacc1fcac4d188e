// What lies side by side: layers of maps, each of an image; how the address bar names them, and what to begin with.

export const MOST = 4;
export const LETTERS = ["A", "B", "C", "D"];
const METHODS = { dense: "Dense", paper: "As in the paper", released: "As released" };
const [HEAD, EDGE] = [36, 8]; // css pixels of a tile that are not for its picture
const NAME = /^[\w-]{1,100}$/;

/** One tile from the address: `KEY`, whichever map there is, or `KEY.MAP.LAYER`. Null when it names nothing. */
export function parse(text) {
  const [key, map = "", layer = "0"] = text.split(".");
  if (!NAME.test(key)) return null;
  return { key, map: Number(map) || null, layer: Number(layer) || 0 };
}

export const format = ({ key, map, layer }) => (map === null ? key : `${key}.${map}.${layer}`);

/** The two tiles whose difference is asked for, as `A-B`; null without two. */
export function pair(text) {
  const found = (text ?? "").split("-").map((letter) => LETTERS.indexOf(letter));
  return found.length === 2 && !found.includes(-1) && found[0] !== found[1] ? found : null;
}

export const formatPair = ([a, b]) => `${LETTERS[a]}-${LETTERS[b]}`;

/** What an address asks for; `image` is its path's, for an address without tiles. */
export function asked(query, image) {
  const texts = query.has("t") ? query.getAll("t") : [image].filter(Boolean);
  const tiles = texts.map(parse).filter(Boolean).slice(0, MOST);
  return { tiles, pair: pair(query.get("difference")), own: query.get("scale") === "own", alone: Number(query.get("alone")) || null };
}

/** The same as an address. */
export function written({ tiles, pair: two, own, alone }) {
  const query = new URLSearchParams(tiles.map((tile) => ["t", format(tile)]));
  if (two) query.set("difference", formatPair(two));
  if (own) query.set("scale", "own");
  if (alone) query.set("alone", alone);
  return query;
}

/** Every tile with the map that it shows, one image alone laid out, and nothing that there is not. `got` are answers by key. */
export function whole({ tiles, pair: two, own, alone }, got) {
  const [only] = tiles;
  const bare = tiles.length === 1 && only.map === null;
  const all = bare ? spread(got.get(only.key)) : tiles.map((tile) => (tile.map === null ? spread(got.get(tile.key))[0] : tile));
  const kept = two?.every((at) => at < all.length) ? two : null;
  const there = alone && (alone <= all.length || (kept && alone === MOST + 1));
  return { tiles: all, pair: kept, own, alone: there ? alone : null };
}

/** How a map is called; the CLIP is told beside it. */
export const methodName = (map) => METHODS[map.method] ?? map.method;

/** Which text or phrase a layer is of. */
export function ofWhat(map, layer) {
  if (layer.index > 0) return `${layer.index} ${layer.phrase}`;
  return map.current ? "all findings" : "all findings of an earlier description";
}

/** Every layer of every map of an image, `{map, layer}`, the combined ones first. */
export function choices(got) {
  const all = got.maps.flatMap((map) => map.layers.map((layer) => ({ map, layer })));
  return [...all.filter(({ layer }) => layer.index === 0), ...all.filter(({ layer }) => layer.index > 0)];
}

/** The layer that a tile shows, `{map, layer}`; null when there is none (any more). */
export function chosen(got, tile) {
  const map = tile.map === null ? got.maps[0] : got.maps.find((one) => one.id === tile.map);
  const layer = map?.layers.find((one) => one.index === tile.layer);
  return layer ? { map, layer } : null;
}

const named = (got, { map, layer }) => ({ key: got.image.key, map: map.id, layer: layer.index });

/** An image laid out: its maps side by side; a single one with its layers. */
export function spread(got) {
  const all = choices(got);
  const count = got.maps.length > 1 ? got.maps.length : Math.min(all.length, MOST);
  if (!all.length) return [{ key: got.image.key, map: null, layer: 0 }];
  return all.slice(0, Math.min(count, MOST)).map((one) => named(got, one));
}

/** The tiles that there are, and more layers of the same image up to `count`, as far as there are any. */
export function filled(got, tiles, count) {
  const there = new Set(tiles.map(format));
  const more = choices(got).map((one) => named(got, one)).filter((tile) => !there.has(format(tile)));
  return [...tiles, ...more].slice(0, count);
}

/** The same maps of another image: by method and CLIP, and by the layer's number where it has so many. */
export function alike(got, layers) {
  const tiles = layers.map(({ map, layer }) => {
    const same = got.maps.find((one) => one.method === map.method && one.clip === map.clip);
    const there = same?.layers.find((one) => one.index === layer.index);
    return there ? named(got, { map: same, layer: there }) : null;
  });
  const found = tiles.filter(Boolean);
  return found.length > 1 || found.length === layers.length ? found : spread(got);
}

/** Rows and columns in which `count` pictures, each `ratio` wide for its height, are largest in a frame. */
export function columns(count, ratio, { width, height }) {
  const size = (across) => Math.min((width / across - 2 * EDGE) / ratio, height / Math.ceil(count / across) - HEAD - 2 * EDGE);
  const ways = Array.from({ length: count }, (_, at) => at + 1);
  return ways.reduce((best, across) => (size(across) > size(best) + 1 ? across : best));
}
