// The geometry of marks, in pixels of the image: boxes, polygons and masks as the server keeps them. Plain data.

import { maskBounds, shifted } from "./masks.js";

export const MOST_MARKS = 100; // of one finding; this and the next as in realness/ui/schemas.py
export const MOST_NUMBERS = 100_000; // of one mark
const SMALLEST = 3; // image pixels; less was a click
const CORNERS = [[0, 1], [2, 1], [2, 3], [0, 3]]; // which coordinates each corner of a box moves, clockwise

const around = new WeakMap(); // the bounds of a mask by its run lengths

const NAMES = { box: ["box", "boxes"], polygon: ["polygon", "polygons"], mask: ["mask", "masks"] };

const within = (value, most) => Math.max(0, Math.min(most, value));

/** The whole pixel corner nearest to a place, on the image. */
export const corner = ({ x, y }, { width, height }) => [within(Math.round(x), width), within(Math.round(y), height)];

export function box([ax, ay], [bx, by]) {
  return { shape: "box", coordinates: [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)] };
}

export const polygon = (points) => ({ shape: "polygon", coordinates: points.flat() });

/** The corners that can be moved one by one; a mask has none. */
export function points({ shape, coordinates }) {
  if (shape === "box") return CORNERS.map(([x, y]) => [coordinates[x], coordinates[y]]);
  if (shape === "mask") return [];
  return Array.from({ length: coordinates.length / 2 }, (_, at) => [coordinates[2 * at], coordinates[2 * at + 1]]);
}

/** `[x0, y0, x1, y1]` around a mark. */
export function bounds({ shape, coordinates }, { width }) {
  if (shape === "box") return coordinates;
  if (shape === "mask") {
    if (!around.has(coordinates)) around.set(coordinates, maskBounds(coordinates, width));
    return around.get(coordinates);
  }
  const [xs, ys] = [0, 1].map((odd) => coordinates.filter((_, at) => at % 2 === odd));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Whether a mark is more than a click. */
export function isLarge(region, size) {
  const [x0, y0, x1, y1] = bounds(region, size);
  if (region.shape === "box") return x1 - x0 >= SMALLEST && y1 - y0 >= SMALLEST;
  return region.shape === "mask" ? x1 > x0 : x1 - x0 >= SMALLEST || y1 - y0 >= SMALLEST;
}

export const isSame = (one, other) =>
  one.shape === other.shape &&
  one.coordinates.length === other.coordinates.length &&
  one.coordinates.every((value, at) => value === other.coordinates[at]);

/** How far a mark goes when it is to go `right` and `down`, and stay on the image. */
export function reach(region, right, down, size) {
  const [x0, y0, x1, y1] = bounds(region, size);
  return [within(x0 + right, size.width - (x1 - x0)) - x0, within(y0 + down, size.height - (y1 - y0)) - y0];
}

export function moved(region, right, down, size) {
  const [x, y] = reach(region, right, down, size);
  if (region.shape === "mask") return { ...region, coordinates: shifted(region.coordinates, size, x, y) };
  return { ...region, coordinates: region.coordinates.map((value, at) => value + (at % 2 ? y : x)) };
}

/** With one of its corners moved. */
export function withPoint(region, at, right, down, { width, height }) {
  const coordinates = [...region.coordinates];
  const [x, y] = region.shape === "box" ? CORNERS[at] : [2 * at, 2 * at + 1];
  coordinates[x] = within(coordinates[x] + right, width);
  coordinates[y] = within(coordinates[y] + down, height);
  return region.shape === "box" ? box(coordinates.slice(0, 2), coordinates.slice(2)) : { ...region, coordinates };
}

/** The middle of the edge after a corner. */
export function middle(region, at) {
  const all = points(region);
  const [[ax, ay], [bx, by]] = [all[at], all[(at + 1) % all.length]];
  return [Math.round((ax + bx) / 2), Math.round((ay + by) / 2)];
}

/** A polygon with one more corner, in the middle of the edge after `at`. */
export const inserted = (region, at) => polygon(points(region).toSpliced(at + 1, 0, middle(region, at)));

/** A polygon with one corner less; null when too few would be left. */
export function without(region, at) {
  const left = points(region).toSpliced(at, 1);
  return region.shape === "polygon" && left.length >= 3 ? polygon(left) : null;
}

/** "2 boxes", or "3 marks" when they are of several shapes; "" when there is none. */
export function count(regions) {
  if (!regions.length) return "";
  const alike = regions.every(({ shape }) => shape === regions[0].shape);
  const [one, many] = alike ? NAMES[regions[0].shape] : ["mark", "marks"];
  return `${regions.length} ${regions.length === 1 ? one : many}`;
}

/** Why a finding cannot have these marks; null when it can. */
export function refusal(regions) {
  if (regions.length > MOST_MARKS) return `A finding can have ${MOST_MARKS} marks; add another finding.`;
  if (regions.some(({ coordinates }) => coordinates.length > MOST_NUMBERS)) {
    return "Too many edges to be kept; that change was taken back. Fill holes, or use another finding.";
  }
  return null;
}
